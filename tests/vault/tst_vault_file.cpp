#include "support/heart.h"
#include "support/vault_asking.h"
#include "vault/secret_map.h"
#include "vault/stores.h"
#include "vault/vault_file.h"

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QRandomGenerator>
#include <QTemporaryDir>
#include <QTest>

#include <sodium.h>

#if defined(Q_OS_UNIX)
#include <csignal>
#include <sys/resource.h>
#endif

using namespace waystation;
using namespace waystation::asking;

namespace {

const PassphraseCost cheap{crypto_pwhash_OPSLIMIT_MIN, crypto_pwhash_MEMLIMIT_MIN};
const std::string canary = "sk-ant-api03-Zq8vN2xWk5RtY7mBc4Lp9HsD1fGj6Ae3UoKi0XwQ";

QByteArray contentOf(const QString& path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

void putContent(const QString& path, const QByteArray& content)
{
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly | QIODevice::Truncate)
        || file.write(content) != content.size())
        qFatal("cannot write");
}

/// A change that somebody makes who knows the format: the closing digest fits again.
QByteArray withDigest(QByteArray content)
{
    const auto size = static_cast<std::size_t>(content.size()) - 32;
    auto* octets = reinterpret_cast<unsigned char*>(content.data());
    crypto_generichash(octets + size, 32, octets, size, nullptr, 0);
    return content;
}

/// True when a run of 12 octets of the secret stands in the content in one of these forms.
bool holdsRunOf(const QByteArray& content, const QByteArray& secret)
{
    const auto runsOf = [&](const QByteArray& text) {
        for (qsizetype i = 0; i + 12 <= text.size(); ++i) {
            if (content.contains(text.mid(i, 12)))
                return true;
        }
        return false;
    };
    QByteArray reversed = secret;
    std::reverse(reversed.begin(), reversed.end());
    const QString wide = QString::fromLatin1(secret);
    const QByteArray utf16(reinterpret_cast<const char*>(wide.utf16()), wide.size() * 2);
    return runsOf(secret) || runsOf(reversed) || runsOf(utf16) || runsOf(secret.toHex())
        || runsOf(secret.toHex().toUpper()) || runsOf(secret.toBase64())
        || runsOf(secret.mid(1).toBase64()) || runsOf(secret.mid(2).toBase64());
}

}

class TestVaultFile : public QObject
{
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_folder;
    QString m_path;

    std::unique_ptr<SecretStore> unlocked(std::string_view passphrase = "correct horse")
    {
        auto store = makeVaultFileStore(m_path, cheap);
        if (!unlock(*store, passphrase).isDone())
            qFatal("cannot unlock");
        return store;
    }

private Q_SLOTS:

    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        m_path = m_folder->filePath(QStringLiteral("vault"));
    }

    void aKeySurvivesARestart()
    {
        {
            const auto store = unlocked();
            QVERIFY(write(*store, QStringLiteral("channel/a/k"), canary).isDone());
        }
        const auto store = unlocked();
        const SecretRead found = read(*store, QStringLiteral("channel/a/k"));
        QCOMPARE(found.answer, VaultAnswer::Found);
        QCOMPARE(found.secret.reveal(), std::string_view(canary));
        QCOMPARE(read(*store, QStringLiteral("channel/a/other")).answer, VaultAnswer::Absent);
    }

    void theOrdinaryCostIsTheOneOfAFileThatTheProgramMakes()
    {
        const auto store = makeVaultFileStore(m_path);
        QVERIFY(unlock(*store, "correct horse").isDone());
        const QByteArray content = contentOf(m_path);
        QCOMPARE(
            static_cast<int>(content.at(8)), static_cast<int>(crypto_pwhash_OPSLIMIT_MODERATE));
        std::uint32_t memory = 0;
        std::memcpy(&memory, content.constData() + 16, 4);
        QCOMPARE(memory, static_cast<std::uint32_t>(crypto_pwhash_MEMLIMIT_MODERATE));
        QVERIFY(write(*store, QStringLiteral("n"), "v").isDone());
        QCOMPARE(read(*store, QStringLiteral("n")).secret.reveal(), std::string_view("v"));
    }

    void theCallerNeverWaitsForTheDerivation()
    {
        const auto store = makeVaultFileStore(m_path);
        bool isUnlocked = false;
        const Heart heart;
        store->unlock(
            Secret("correct horse"), [&](const VaultDone& done) { isUnlocked = done.isDone(); });
        QVERIFY(QTest::qWaitFor([&] { return isUnlocked; }, 120'000));
        QVERIFY2(heart.longestStop() < 100, qPrintable(QString::number(heart.longestStop())));
    }

    void aLockedFileGivesAndTakesNothing()
    {
        unlocked();
        const QByteArray before = contentOf(m_path);
        const auto store = makeVaultFileStore(m_path, cheap);
        QCOMPARE(read(*store, QStringLiteral("n")).answer, VaultAnswer::Locked);
        QCOMPARE(write(*store, QStringLiteral("n"), canary).answer, VaultAnswer::Locked);
        QCOMPARE(forget(*store, QStringLiteral("n")).answer, VaultAnswer::Locked);
        QCOMPARE(status(*store).answer, VaultAnswer::Locked);
        QCOMPARE(contentOf(m_path), before);
        QVERIFY(unlock(*store, "correct horse").isDone());
        QCOMPARE(status(*store).answer, VaultAnswer::Found);
        QCOMPARE(status(*store).backend, QStringLiteral("encrypted file"));
    }

    void aWrongPassphraseIsDeniedAndChangesNothing()
    {
        QVERIFY(write(*unlocked(), QStringLiteral("n"), canary).isDone());
        const QByteArray before = contentOf(m_path);
        const auto store = makeVaultFileStore(m_path, cheap);
        QCOMPARE(unlock(*store, "incorrect horse").answer, VaultAnswer::Denied);
        QCOMPARE(unlock(*store, "").answer, VaultAnswer::Denied);
        QCOMPARE(read(*store, QStringLiteral("n")).answer, VaultAnswer::Locked);
        QCOMPARE(contentOf(m_path), before);
        QVERIFY(unlock(*store, "correct horse").isDone());
        QCOMPARE(unlock(*store, "incorrect horse").answer, VaultAnswer::Denied);
        QCOMPARE(read(*store, QStringLiteral("n")).answer, VaultAnswer::Found); // stays open
    }

    void anEmptyPassphraseMakesNoFile()
    {
        const auto store = makeVaultFileStore(m_path, cheap);
        QCOMPARE(unlock(*store, "").answer, VaultAnswer::Denied);
        QVERIFY(!QFile::exists(m_path));
        QCOMPARE(read(*store, QStringLiteral("n")).answer, VaultAnswer::Locked);
    }

    void everyChangedOctetIsNoticed()
    {
        QVERIFY(write(*unlocked(), QStringLiteral("n"), canary).isDone());
        const QByteArray good = contentOf(m_path);
        for (qsizetype at = 0; at < good.size(); ++at) {
            QByteArray bad = good;
            bad[at] = static_cast<char>(bad.at(at) ^ 0x10);
            putContent(m_path, bad);
            const auto store = makeVaultFileStore(m_path, cheap);
            const VaultDone done = unlock(*store, "correct horse");
            QCOMPARE(done.answer, VaultAnswer::Failed);
            QVERIFY(!done.detail.isEmpty());
            QCOMPARE(status(*store).answer, VaultAnswer::Failed);
            QCOMPARE(contentOf(m_path), bad);
        }
    }

    void aChangeWithAFittingDigestIsNoticedToo()
    {
        QVERIFY(write(*unlocked(), QStringLiteral("n"), canary).isDone());
        const QByteArray good = contentOf(m_path);
        for (qsizetype at = 0; at < good.size() - 32; ++at) {
            QByteArray bad = good;
            bad[at] = static_cast<char>(bad.at(at) ^ 0x01);
            putContent(m_path, withDigest(bad));
            const auto store = makeVaultFileStore(m_path, cheap);
            const VaultDone done = unlock(*store, "correct horse");
            // A changed salt, cost or check is the same as another passphrase; the rest is known to
            // be forged.
            const bool looksLikeAnotherPassphrase = at >= 8 && at < 56;
            QVERIFY(!done.isDone());
            if (!looksLikeAnotherPassphrase)
                QCOMPARE(done.answer, VaultAnswer::Failed);
        }
    }

    void aFileCannotAskForEndlessWork()
    {
        unlocked();
        for (const int at : {14, 22}) { // high octets of the two costs
            QByteArray bad = contentOf(m_path);
            bad[at] = 0x7F;
            putContent(m_path, withDigest(bad));
            QElapsedTimer time;
            time.start();
            QCOMPARE(unlock(*makeVaultFileStore(m_path, cheap), "correct horse").answer,
                VaultAnswer::Failed);
            QVERIFY(time.elapsed() < 20'000);
        }
    }

    void aCutFileIsKeptAsItIs()
    {
        const auto opened = unlocked();
        QVERIFY(write(*opened, QStringLiteral("n"), canary).isDone());
        const QByteArray good = contentOf(m_path);
        for (qsizetype size = 0; size < good.size(); ++size) {
            putContent(m_path, good.left(size));
            QCOMPARE(unlock(*makeVaultFileStore(m_path, cheap), "correct horse").answer,
                VaultAnswer::Failed);
            // Also by a store that was open before the file was cut.
            QCOMPARE(write(*opened, QStringLiteral("m"), "new").answer, VaultAnswer::Failed);
            QCOMPARE(read(*opened, QStringLiteral("n")).answer, VaultAnswer::Failed);
            QCOMPARE(contentOf(m_path), good.left(size));
        }
        QFile::remove(m_path);
        QCOMPARE(
            read(*opened, QStringLiteral("n")).answer, VaultAnswer::Failed); // gone is not absent
        QCOMPARE(write(*opened, QStringLiteral("n"), "new").answer, VaultAnswer::Failed);
        QVERIFY(!QFile::exists(m_path));
    }

    void twoWritesInARowBothLand()
    {
        const auto store = unlocked();
        int done = 0;
        for (int i = 0; i < 20; ++i)
            store->write(QStringLiteral("n%1").arg(i), Secret("v" + std::to_string(i)),
                [&](const VaultDone& end) { done += end.isDone(); });
        QVERIFY(QTest::qWaitFor([&] { return done == 20; }, 60'000));
        const auto again = unlocked();
        for (int i = 0; i < 20; ++i)
            QCOMPARE(read(*again, QStringLiteral("n%1").arg(i)).secret.reveal(),
                std::string_view("v" + std::to_string(i)));
    }

    void whatWasAskedForIsWrittenWhenTheStoreGoes()
    {
        {
            const auto store = unlocked();
            store->write(QStringLiteral("n"), Secret(canary), [](const VaultDone&) {});
        }
        QCOMPARE(read(*unlocked(), QStringLiteral("n")).answer, VaultAnswer::Found);
    }

    void forgettingRemovesOneOnly()
    {
        const auto store = unlocked();
        QVERIFY(write(*store, QStringLiteral("a"), "1").isDone());
        QVERIFY(write(*store, QStringLiteral("b"), "2").isDone());
        QVERIFY(forget(*store, QStringLiteral("a")).isDone());
        QVERIFY(forget(*store, QStringLiteral("a")).isDone());
        QCOMPARE(read(*store, QStringLiteral("a")).answer, VaultAnswer::Absent);
        QCOMPARE(read(*store, QStringLiteral("b")).answer, VaultAnswer::Found);
    }

    void theFileIsForItsOwnerOnly()
    {
        const auto store = unlocked();
        const auto ownerOnly
            = QFile::ReadOwner | QFile::WriteOwner | QFile::ReadUser | QFile::WriteUser;
        QCOMPARE(QFile::permissions(m_path), QFile::Permissions(ownerOnly));
        QFile::setPermissions(m_path, ownerOnly | QFile::ReadOther | QFile::ReadGroup);
        QVERIFY(write(*store, QStringLiteral("a"), "1").isDone());
        QCOMPARE(QFile::permissions(m_path), QFile::Permissions(ownerOnly));
    }

    void aFullDiskLosesNothing()
    {
#if defined(Q_OS_LINUX)
        const auto store = unlocked();
        QVERIFY(write(*store, QStringLiteral("a"), canary).isDone());
        const QByteArray before = contentOf(m_path);
        // A limit on the size of files makes writes fail as a full disk does.
        std::signal(SIGXFSZ, SIG_IGN);
        rlimit old{};
        getrlimit(RLIMIT_FSIZE, &old);
        rlimit small = old;
        small.rlim_cur = 512;
        setrlimit(RLIMIT_FSIZE, &small);
        const VaultDone done = write(*store, QStringLiteral("b"), std::string(1'000, 'x'));
        setrlimit(RLIMIT_FSIZE, &old);
        QCOMPARE(done.answer, VaultAnswer::Failed);
        QCOMPARE(contentOf(m_path), before);
        QVERIFY(write(*store, QStringLiteral("b"), std::string(1'000, 'x')).isDone());
        QCOMPARE(read(*store, QStringLiteral("a")).secret.reveal(), std::string_view(canary));
#else
        QSKIP("shown on Linux");
#endif
    }

    void noRunOfASecretStandsInTheFolder()
    {
        const auto store = unlocked(canary + "pass");
        const QByteArray secret = QByteArray::fromStdString(canary);
        for (int round = 0; round < 3; ++round) {
            QVERIFY(write(*store, QStringLiteral("channel/x/%1").arg(round), canary).isDone());
            QCOMPARE(
                read(*store, QStringLiteral("channel/x/%1").arg(round)).answer, VaultAnswer::Found);
            QVERIFY(!holdsRunOf(contentOf(m_path), secret));
        }
        QVERIFY(forget(*store, QStringLiteral("channel/x/0")).isDone());
        const QStringList files = QDir(m_folder->path()).entryList(QDir::Files | QDir::Hidden);
        QCOMPARE(files, QStringList{QStringLiteral("vault")}); // no temporary file is left
        QVERIFY(!holdsRunOf(contentOf(m_path), secret));
        QVERIFY(!contentOf(m_path).contains("channel/x")); // names are sealed too
    }

    void theSearchForRunsFindsWhatIsThere()
    {
        const QByteArray secret = QByteArray::fromStdString(canary);
        for (const QByteArray& form : {secret, secret.toHex(), secret.toBase64(),
                 ("xx" + secret).toBase64(), ("x" + secret).toBase64()})
            QVERIFY(holdsRunOf("before" + form + "after", secret));
        QVERIFY(!holdsRunOf("something else", secret));
    }

    void twoFilesOfTheSameSecretsDiffer()
    {
        const auto store = unlocked();
        QVERIFY(write(*store, QStringLiteral("a"), "1").isDone());
        const QByteArray first = contentOf(m_path);
        QVERIFY(write(*store, QStringLiteral("a"), "1").isDone());
        QVERIFY(contentOf(m_path).mid(56, 24) != first.mid(56, 24)); // a nonce is never used twice
    }

    void aFolderThatIsNotThereIsAnError()
    {
        const auto store
            = makeVaultFileStore(m_folder->filePath(QStringLiteral("none/vault")), cheap);
        const VaultDone done = unlock(*store, "correct horse");
        QCOMPARE(done.answer, VaultAnswer::Failed);
        QVERIFY(!done.detail.isEmpty());
    }

    void anyNameAndAnyOctetsComeBack()
    {
        QRandomGenerator random(7);
        SecretMap secrets;
        for (int i = 0; i < 500; ++i) {
            std::string name;
            std::string value;
            for (quint32 length = random.bounded(12u); length > 0; --length)
                name += static_cast<char>(random.bounded(256));
            for (quint32 length = random.bounded(40u); length > 0; --length)
                value += static_cast<char>(random.bounded(256));
            secrets.insert_or_assign(name + "\"\\\n" + std::to_string(i), Secret(value));
        }
        const auto again = fromLockedJson(toLockedJson(secrets));
        QVERIFY(again.has_value());
        QCOMPARE(again->size(), secrets.size());
        for (const auto& [name, secret] : secrets)
            QCOMPARE(again->at(name).reveal(), secret.reveal());
    }

    void onlyExactlyWhatIsWrittenIsRead()
    {
        SecretMap secrets;
        secrets.emplace("a", Secret("1"));
        secrets.emplace("b", Secret("2"));
        const LockedOctets good = toLockedJson(secrets);
        const std::string text(reinterpret_cast<const char*>(good.data()), good.size());
        QCOMPARE(text, std::string(R"({"secrets":{"a":"MQ==","b":"Mg=="}})"));
        const auto readText = [](const std::string& json) {
            LockedOctets octets(json.size());
            std::memcpy(octets.data(), json.data(), json.size());
            return fromLockedJson(octets).has_value();
        };
        for (std::size_t size = 0; size < text.size(); ++size)
            QVERIFY(!readText(text.substr(0, size)));
        QVERIFY(!readText(text + " "));
        QVERIFY(!readText(R"({"secrets":{"a":"MQ==","a":"Mg=="}})"));
        QVERIFY(!readText(R"({"secrets":{"a":"M!=="}})"));
        QVERIFY(readText(R"({"secrets":{}})"));
    }
};

QTEST_GUILESS_MAIN(TestVaultFile)

#include "tst_vault_file.moc"
