#pragma once

#include "vault/secret_store.h"

#include <QCoreApplication>
#include <QEventLoop>
#include <QTest>
#include <QTimer>

#include <memory>

/// Asks a store and waits for the one answer. A second answer, or none in time, fails the test.
namespace waystation::asking {

template <class Answer, class Ask> Answer answerOf(Ask ask, int limitMillis = 150'000)
{
    struct Heard
    {
        Answer answer;
        int count = 0;
    };

    const auto heard = std::make_shared<Heard>();
    QEventLoop loop;
    ask([heard, &loop](Answer answer) {
        heard->answer = std::move(answer);
        if (++heard->count == 1)
            loop.quit();
        else
            qFatal("the store answered twice");
    });
    if (heard->count != 0)
        qFatal("the store answered inside the call");
    QTimer::singleShot(limitMillis, &loop, [] { qFatal("the store did not answer"); });
    loop.exec();
    QCoreApplication::processEvents();
    return std::move(heard->answer);
}

inline SecretRead read(SecretStore& store, const QString& name)
{
    return answerOf<SecretRead>([&](auto done) { store.read(name, done); });
}

inline VaultDone write(SecretStore& store, const QString& name, std::string_view text)
{
    return answerOf<VaultDone>([&](auto done) { store.write(name, Secret(text), done); });
}

inline VaultDone forget(SecretStore& store, const QString& name)
{
    return answerOf<VaultDone>([&](auto done) { store.forget(name, done); });
}

inline VaultDone unlock(SecretStore& store, std::string_view passphrase = {})
{
    return answerOf<VaultDone>([&](auto done) { store.unlock(Secret(passphrase), done); });
}

inline VaultStatus status(SecretStore& store)
{
    return answerOf<VaultStatus>([&](auto done) { store.status(done); });
}

}

namespace waystation {

/// For QCOMPARE: shows answers by name.
inline char* toString(VaultAnswer answer)
{
    return qstrdup(nameOf(answer));
}

}
