#include "bridge/key_ring.h"

#include <QSignalSpy>
#include <QTest>
#include <QTimer>

#include <map>

using namespace waystation;

namespace {

/// Answers as it is told, later, and counts what it was asked.
class ScriptedStore : public SecretStore
{
public:
    VaultKind kind() const override { return VaultKind::Keychain; }

    void status(std::function<void(VaultStatus)> done) override { done({}); }

    void read(const QString& name, std::function<void(SecretRead)> done) override
    {
        asked << name;
        ++open;
        mostOpen = std::max(mostOpen, open);
        const VaultAnswer answer = answers.contains(name) ? answers.at(name) : otherwise;
        QTimer::singleShot(0, &m_context, [this, name, answer, done] {
            --open;
            SecretRead read;
            read.answer = answer;
            if (answer == VaultAnswer::Found)
                read.secret = Secret("secret of " + name.toStdString());
            done(std::move(read));
        });
    }

    void write(const QString&, Secret, std::function<void(VaultDone)> done) override { done({}); }

    void forget(const QString&, std::function<void(VaultDone)> done) override { done({}); }

    void unlock(Secret, std::function<void(VaultDone)> done) override { done({}); }

    std::map<QString, VaultAnswer> answers;
    VaultAnswer otherwise = VaultAnswer::Found;
    QStringList asked;
    int open = 0;
    int mostOpen = 0;

private:
    QObject m_context;
};

std::vector<KeyRing::Wanted> wanted(std::initializer_list<const char*> names, bool wasStored = true)
{
    std::vector<KeyRing::Wanted> list;
    for (const char* name : names)
        list.push_back({name, wasStored});
    return list;
}

SecretState stateOf(const KeyRing& ring, const char* name)
{
    return ring.secretOf(name).second;
}

}

class TestKeyRing : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void keysArePendingUntilTheStoreAnswered()
    {
        ScriptedStore store;
        KeyRing ring;
        ring.want(wanted({"channel/a/1"}));
        QCOMPARE(stateOf(ring, "channel/a/1"), SecretState::Pending);
        QVERIFY(!ring.isSettled());
        ring.setStores(&store, &store);
        QTRY_COMPARE(stateOf(ring, "channel/a/1"), SecretState::Ready);
        QVERIFY(ring.secretOf("channel/a/1").first.reveal() == "secret of channel/a/1");
        QVERIFY(ring.isSettled());
    }

    void theStoreIsAskedOneQuestionAtATime()
    {
        ScriptedStore store;
        KeyRing ring;
        ring.setStores(&store, &store);
        ring.want(wanted({"channel/a/1", "channel/a/2", "channel/b/1", "channel/b/2"}));
        QTRY_VERIFY(ring.isSettled());
        QCOMPARE(store.asked.size(), 4);
        QCOMPARE(store.mostOpen, 1);
    }

    void whatALockedStoreSaysCountsForAll()
    {
        ScriptedStore store;
        store.otherwise = VaultAnswer::Locked;
        KeyRing ring;
        ring.setStores(&store, &store);
        ring.want(wanted({"channel/a/1", "channel/a/2", "channel/b/1"}));
        QTRY_VERIFY(ring.isSettled());
        QCOMPARE(store.asked.size(), 1); // one prompt, not three
        QCOMPARE(stateOf(ring, "channel/b/1"), SecretState::Locked);
    }

    void whatIsNotReadyIsAskedForAgain_data()
    {
        QTest::addColumn<int>("answer");
        QTest::addColumn<int>("state");
        QTest::newRow("locked") << int(VaultAnswer::Locked) << int(SecretState::Locked);
        QTest::newRow("denied") << int(VaultAnswer::Denied) << int(SecretState::Locked);
        QTest::newRow("slow") << int(VaultAnswer::Slow) << int(SecretState::Slow);
        QTest::newRow("unavailable")
            << int(VaultAnswer::Unavailable) << int(SecretState::Unavailable);
        QTest::newRow("failed") << int(VaultAnswer::Failed) << int(SecretState::Unavailable);
        QTest::newRow("absent though stored")
            << int(VaultAnswer::Absent) << int(SecretState::Missing);
    }

    void whatIsNotReadyIsAskedForAgain()
    {
        QFETCH(int, answer);
        QFETCH(int, state);
        ScriptedStore store;
        store.otherwise = VaultAnswer(answer);
        KeyRing ring(nullptr, 20);
        ring.setStores(&store, &store);
        ring.want(wanted({"channel/a/1"}));
        QTRY_COMPARE(int(stateOf(ring, "channel/a/1")), state);
        store.otherwise = VaultAnswer::Found;
        QTRY_COMPARE(stateOf(ring, "channel/a/1"), SecretState::Ready);
    }

    void aKeyThatWasNeverStoredIsNotAskedForForever()
    {
        ScriptedStore store;
        store.otherwise = VaultAnswer::Absent;
        KeyRing ring(nullptr, 5);
        ring.setStores(&store, &store);
        ring.want(wanted({"channel/a/1"}, false));
        QTRY_COMPARE(stateOf(ring, "channel/a/1"), SecretState::Missing);
        const qsizetype before = store.asked.size();
        QTest::qWait(60);
        QCOMPARE(store.asked.size(), before);
    }

    void anAnswerToAnOlderQuestionIsDropped()
    {
        ScriptedStore store;
        store.otherwise = VaultAnswer::Absent;
        KeyRing ring;
        ring.setStores(&store, &store);
        ring.want(wanted({"channel/a/1"}));
        ring.put("channel/a/1", Secret("typed just now")); // while the store is being asked
        QTRY_COMPARE(store.open, 0);
        QCOMPARE(stateOf(ring, "channel/a/1"), SecretState::Ready);
        QVERIFY(ring.secretOf("channel/a/1").first.reveal() == "typed just now");
    }

    void theEnvironmentIsReadThoughTheVaultIsSilent()
    {
        ScriptedStore vault;
        vault.otherwise = VaultAnswer::Locked;
        ScriptedStore environment;
        KeyRing ring;
        ring.setStores(&vault, &environment);
        ring.want(wanted({"channel/a/1", "env:FIRST", "env:SECOND"}));
        QCOMPARE(environment.asked.size(), 2); // at once
        QTRY_COMPARE(stateOf(ring, "env:SECOND"), SecretState::Ready);
        QTRY_COMPARE(stateOf(ring, "channel/a/1"), SecretState::Locked);
        QCOMPARE(vault.asked, QStringList{QStringLiteral("channel/a/1")});
    }

    void keysThatAreNotWantedAnyMoreAreForgotten()
    {
        ScriptedStore store;
        KeyRing ring;
        ring.setStores(&store, &store);
        ring.want(wanted({"channel/a/1", "channel/a/2"}));
        QTRY_VERIFY(ring.isSettled());
        ring.want(wanted({"channel/a/2"}));
        QVERIFY(ring.secretOf("channel/a/1").first.isEmpty());
        QCOMPARE(stateOf(ring, "channel/a/2"), SecretState::Ready);
    }

    void changesAreTold()
    {
        ScriptedStore store;
        KeyRing ring;
        QSignalSpy changed(&ring, &KeyRing::changed);
        ring.setStores(&store, &store);
        ring.want(wanted({"channel/a/1"}));
        QTRY_COMPARE(changed.size(), 1);
        ring.readAgain(); // it is ready: nobody is asked
        QCOMPARE(store.asked.size(), 1);
    }
};

QTEST_GUILESS_MAIN(TestKeyRing)
#include "tst_key_ring.moc"
