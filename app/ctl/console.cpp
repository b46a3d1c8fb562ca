#include "app/ctl/console.h"

#include "app/ctl/terminal.h"
#include "bridge/folder_lock.h"

#include <QDir>
#include <QElapsedTimer>
#include <QEventLoop>
#include <QFileInfo>
#include <QThread>
#include <QTimer>

namespace waystation::ctl {

namespace {

constexpr int answerLimitMillis = 180'000;
constexpr int startLimitMillis = 5'000; // a program that has the lock but does not answer yet
constexpr int settleLimitMillis
    = 30'000; // a vault file takes its time to open, and a keychain to answer

QString hintFor(const Error& error)
{
    switch (error.kind) {
    case ErrorKind::KeyUnavailable:
        return translate("ctl", "See \"waystationctl vault status\".");
    case ErrorKind::NotFound:
        if (error.field == "name" || error.field == "channel")
            return translate("ctl", "The list commands tell the names that are there.");
        return {};
    case ErrorKind::Io:
        return translate("ctl", "See that the folder can be written and the disk is not full.");
    default:
        return {};
    }
}

}

Console::Console(ConsoleOptions options)
    : m_options(std::move(options))
{
}

Console::~Console()
{
    closeHere();
}

Reply Console::ask(const char* verb, Json args, Needs needs)
{
    return ask(verb, std::move(args), needs, Secrets{});
}

Reply Console::ask(const char* verb, Json args, Needs needs, Secrets secrets)
{
    Json request{{"verb", verb}, {"args", std::move(args)}};
    std::string line = request.dump(-1, ' ', false, Json::error_handler_t::replace);
    // Secrets are put in by hand, so that no copies of them stay in a tree of values.
    const auto put = [&line](const char* name, const Secret& secret) {
        if (secret.isEmpty())
            return;
        std::string quoted
            = Json(secret.reveal()).dump(-1, ' ', false, Json::error_handler_t::replace);
        const bool isFirst = line.ends_with("{}}");
        std::string longer;
        longer.reserve(line.size() + quoted.size() + 32);
        longer.append(line, 0, line.size() - 2);
        longer += isFirst ? "\"" : ",\"";
        longer += name;
        longer += "\":";
        longer += quoted;
        longer += "}}";
        wipe(quoted);
        wipe(line);
        line = std::move(longer);
    };
    put("secret", secrets.secret);
    put("passphrase", secrets.passphrase);

    std::optional<std::string> reply;
    if (!m_station)
        reply = askRunning(m_options.dataDir, line, answerLimitMillis);
    if (reply && m_options.vault.has_value())
        complain(translate(
            "ctl", "--vault was passed over: the running program has its vault already."));
    QElapsedTimer clock;
    clock.start();
    while (!reply) {
        if (const auto opened = openHere(needs); !opened) {
            // Another program has the folder and may be about to answer.
            if (opened.error().kind == ErrorKind::Conflict && clock.elapsed() < startLimitMillis) {
                QThread::msleep(50);
                reply = askRunning(m_options.dataDir, line, answerLimitMillis);
                continue;
            }
            wipe(line);
            return opened.error();
        }
        auto here = askHere(line);
        if (!here) {
            wipe(line);
            return here.error();
        }
        reply = std::move(*here);
    }
    wipe(line);
    Json parsed = Json::parse(*reply, nullptr, false);
    wipe(*reply);
    if (!parsed.is_object() || !parsed.contains("ok"))
        return Error{ErrorKind::Internal, "the running program gave no answer that can be read"};
    if (flagOf(parsed, "ok"))
        return parsed["result"];
    const Json& error = parsed["error"];
    return Error{errorKindFrom(textOf(error, "kind")).value_or(ErrorKind::Internal),
        textOf(error, "message"), textOf(error, "field")};
}

bool Console::isRunning()
{
    if (m_station)
        return false;
    QElapsedTimer clock;
    clock.start();
    while (!askRunning(m_options.dataDir, R"({"verb":"hello"})", startLimitMillis)) {
        // Who holds the lock and does not answer is about to.
        FolderLock lock;
        const auto taken = lock.take(m_options.dataDir);
        if (taken || taken.error().kind != ErrorKind::Conflict
            || clock.elapsed() > startLimitMillis)
            return false;
        QThread::msleep(50);
    }
    return true;
}

Result<void> Console::openHere(Needs needs)
{
    const bool wantsRelay = needs == Needs::Relay;
    if (m_station && (m_hasRelay || !wantsRelay))
        return {};
    closeHere();
    StationOptions wanted;
    wanted.dataDir = m_options.dataDir;
    wanted.vault = m_options.vault;
    wanted.serve = wantsRelay;
    wanted.port = wantsRelay ? std::optional<std::uint16_t>(0) : std::nullopt;
    auto passphrase = passphraseOfEnvironment();
    if (!passphrase)
        return passphrase.error();
    const bool hasPassphrase = !passphrase->isEmpty();
    wanted.passphrase = std::move(*passphrase);
    auto station = std::make_unique<Station>();
    QObject::connect(station.get(), &Station::trouble, [](const QString& what) {
        complain(QStringLiteral("waystationctl: ") + shown(what.toStdString(), 400));
    });
    if (const auto opened = station->open(std::move(wanted)); !opened)
        return opened.error();
    m_station = std::move(station);
    m_hasRelay = wantsRelay;
    m_verbs = std::make_unique<Verbs>(*m_station);
    if (!m_station->settingsNotice().isEmpty())
        complain(m_station->settingsNotice());

    if (needs != Needs::Nothing && m_station->vaultKind() == VaultKind::File && !hasPassphrase) {
        auto typed = promptPassphrase(!hasVaultFile(m_options.dataDir));
        if (!typed)
            return Error{ErrorKind::KeyUnavailable,
                "the vault file wants its passphrase: " + typed.error().message
                    + "; or name a file in WAYSTATION_PASSPHRASE_FILE"};
        QEventLoop loop;
        Result<void> result;
        m_station->unlockVault(std::move(*typed), [&](Result<void> unlocked) {
            result = unlocked;
            loop.quit();
        });
        loop.exec();
        if (!result)
            return result.error();
    }
    // Keys are read and proxies asked in the background; a short command waits for them.
    QElapsedTimer clock;
    clock.start();
    while (!m_station->isSettled() && clock.elapsed() < settleLimitMillis) {
        QEventLoop loop;
        QTimer::singleShot(10, &loop, &QEventLoop::quit);
        loop.exec();
    }
    return {};
}

Result<std::string> Console::askHere(const std::string& request)
{
    QEventLoop loop;
    std::optional<std::string> reply;
    m_verbs->run(request, [&](std::string line) {
        reply = std::move(line);
        loop.quit();
    });
    if (!reply)
        loop.exec();
    if (!reply)
        return Error{ErrorKind::Cancelled, "interrupted"};
    return std::move(*reply);
}

void Console::closeHere()
{
    m_verbs.reset();
    if (!m_station)
        return;
    if (!m_station->isClosed()) {
        QEventLoop loop;
        m_station->close(Millis(0), [&loop] { loop.quit(); });
        loop.exec();
    }
    m_station.reset();
}

int Console::fail(const Error& error) const
{
    complain(QStringLiteral("waystationctl: ") + shown(error.message, 2'000));
    if (const QString hint = hintFor(error); !hint.isEmpty())
        complain(hint);
    return error.kind == ErrorKind::Invalid || error.kind == ErrorKind::BadRequest ? WrongUse
                                                                                   : Failed;
}

int Console::printJson(const Json& value) const
{
    std::string line = value.dump(-1, ' ', false, Json::error_handler_t::replace);
    print(QString::fromStdString(line));
    wipe(line);
    return Done;
}

Result<Secret> promptPassphrase(bool isNew)
{
    if (!hasTerminal())
        return Error{ErrorKind::Io, "there is no terminal to ask on"};
    auto first = promptSecret(isNew ? translate("ctl", "New passphrase for the vault file:")
                                    : translate("ctl", "Passphrase of the vault file:"));
    if (!first || !isNew)
        return first;
    auto second = promptSecret(translate("ctl", "The same again:"));
    if (!second)
        return second;
    if (!equalInConstantTime(first->reveal(), second->reveal()))
        return Error{ErrorKind::Invalid, "the two differ"};
    return first;
}

bool hasVaultFile(const QString& dataDir)
{
    return QFileInfo::exists(QDir(dataDir).filePath(QStringLiteral("vault.bin")));
}

std::string textOf(const Json& value, const char* field)
{
    if (!value.is_object())
        return {};
    const auto found = value.find(field);
    return found != value.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::int64_t numberOf(const Json& value, const char* field)
{
    if (!value.is_object())
        return 0;
    const auto found = value.find(field);
    return found != value.end() && found->is_number() ? found->get<std::int64_t>() : 0;
}

bool flagOf(const Json& value, const char* field)
{
    if (!value.is_object())
        return false;
    const auto found = value.find(field);
    return found != value.end() && found->is_boolean() && found->get<bool>();
}

}
