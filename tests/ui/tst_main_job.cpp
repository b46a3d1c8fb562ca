#include "station_bed.h"

#include "ui/text/language.h"
#include "ui/theme/icons.h"
#include "ui/theme/theme.h"
#include "ui/window/main_window.h"

#include <QAbstractButton>
#include <QAbstractItemModel>
#include <QClipboard>
#include <QComboBox>
#include <QDialog>
#include <QDirIterator>
#include <QGuiApplication>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QListWidget>
#include <QMimeData>
#include <QTableView>

using namespace waystation;

/// The whole main job, by the names of the controls.
class TestMainJob : public QObject
{
    Q_OBJECT

private:
    template <class W> W* find(const char* name)
    {
        for (QWidget* top : QApplication::topLevelWidgets()) {
            for (W* widget : top->findChildren<W*>(QString::fromLatin1(name))) {
                if (widget->isVisible())
                    return widget;
            }
            if (top->objectName() == QLatin1String(name) && top->isVisible()
                && qobject_cast<W*>(top))
                return qobject_cast<W*>(top);
        }
        return nullptr;
    }

    void press(const char* name)
    {
        auto* button = find<QAbstractButton>(name);
        QVERIFY2(button, name);
        QVERIFY2(button->isEnabled(), name);
        QTest::mouseClick(button, Qt::LeftButton);
    }

    void type(const char* name, const char* text)
    {
        auto* field = find<QLineEdit>(name);
        QVERIFY2(field, name);
        field->setFocus();
        field->selectAll();
        QTest::keyClicks(field, QString::fromLatin1(text));
    }

    QString titleShown()
    {
        const auto* title = find<QLabel>("pageTitle");
        return title ? title->text() : QString();
    }

    void pickProvider(const char* id)
    {
        auto* list = find<QListWidget>("providerList");
        QVERIFY(list);
        for (int i = 0; i < list->count(); ++i) {
            if (list->item(i)->data(Qt::UserRole).toString() == QLatin1String(id))
                list->setCurrentRow(i);
        }
        QCOMPARE(list->currentItem()->data(Qt::UserRole).toString(), QLatin1String(id));
    }

    static constexpr const char* upstreamKey = "sk-proj-CanaryOfTheWindow0123456789abcdef";

    std::unique_ptr<StationBed> m_bed;
    std::unique_ptr<Language> m_language;
    std::unique_ptr<MainWindow> m_window;
    Theme* m_theme = nullptr;
    std::string m_clientKey;

private Q_SLOTS:

    void initTestCase()
    {
        loadIcons();
        m_theme = new Theme(*qApp);
        m_language = std::make_unique<Language>();
        m_language->choose(QStringLiteral("en"));
        m_bed = std::make_unique<StationBed>();
        QVERIFY(m_bed->open());
        m_window = std::make_unique<MainWindow>(m_bed->station);
        connect(&m_bed->station, &Station::settingsChanged, this, [this] {
            m_language->choose(m_bed->station.settings().language == "system"
                    ? QStringLiteral("en")
                    : QString::fromStdString(m_bed->station.settings().language));
            m_theme->setMode(QString::fromStdString(m_bed->station.settings().theme));
        });
        m_window->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
    }

    void cleanupTestCase()
    {
        m_window.reset();
        m_bed.reset();
    }

    void aChannelIsAddedWithItsKey()
    {
        press("nav_channels");
        press("addChannel");
        QTRY_VERIFY(find<QDialog>("channelDialog"));
        type("providerFilter", "openai");
        pickProvider("openai");
        type("channelName", "Work");
        type("channelBaseUrl", "api.example.com/v1/chat/completions");
        auto* addresses = find<QLabel>("effectiveAddresses");
        QVERIFY(addresses);
        QVERIFY2(addresses->text().contains(
                     QStringLiteral("https://api.example.com/v1/chat/completions")),
            qPrintable(addresses->text()));
        type("channelKey", upstreamKey);
        press("acceptButton");
        QTRY_VERIFY(findChannel(m_bed->station.settings(), "Work"));
        QTRY_COMPARE(findChannel(m_bed->station.settings(), "Work")->keys.size(), std::size_t(1));
        const ChannelSettings channel = *findChannel(m_bed->station.settings(), "Work");
        QCOMPARE(channel.baseUrl.find("chat/completions"), std::string::npos);
        QTRY_COMPARE(
            m_bed->station.keyState(channel.id, channel.keys.front().id), SecretState::Ready);
    }

    void theNewKeyIsShownMasked()
    {
        auto* table = find<QTableView>("upstreamKeys");
        QVERIFY(table);
        QTRY_COMPARE(table->model()->rowCount(), 1);
        const QString masked = table->model()->index(0, 1).data().toString();
        QVERIFY2(masked.contains(QStringLiteral("...")), qPrintable(masked));
        QVERIFY(!masked.contains(QStringLiteral("Canary")));
        QTRY_COMPARE(table->model()->index(0, 3).data().toString(), QStringLiteral("Ready"));
    }

    void thePracticeChannelAnswersATest()
    {
        auto* list = find<QListView>("channelList");
        QVERIFY(list);
        for (int i = 0; i < list->model()->rowCount(); ++i) {
            const QString name = list->model()->index(i, 0).data().toString();
            const auto* channel = findChannel(m_bed->station.settings(), name.toStdString());
            if (channel && channel->provider.text() == "practice")
                list->setCurrentIndex(list->model()->index(i, 0));
        }
        press("testChannel");
        auto* state = find<QWidget>("testState");
        QVERIFY(state);
        QTRY_VERIFY2_WITH_TIMEOUT(
            state->accessibleDescription().contains(QStringLiteral("answered")),
            qPrintable(state->accessibleDescription()), 10'000);
        QVERIFY(!find<QLabel>("testDetail")->text().isEmpty());
    }

    void anAliasPointsAtIt()
    {
        const std::string practice = firstSettings().channels.front().name;
        press("nav_models");
        press("addAlias");
        QTRY_VERIFY(find<QDialog>("aliasDialog"));
        type("aliasName", "fast");
        auto* channel = find<QComboBox>("targetChannel1");
        QVERIFY(channel);
        channel->setCurrentText(QString::fromStdString(practice));
        type("targetModelEdit1", "practice-echo");
        press("acceptButton");
        QTRY_COMPARE(m_bed->station.settings().aliases.size(), std::size_t(1));
        QTRY_VERIFY(find<QTableView>("aliasTable"));
        auto* table = find<QTableView>("aliasTable");
        QTRY_COMPARE(table->model()->rowCount(), 1);
    }

    void aClientKeyIsShownOnceAndCopied()
    {
        press("nav_keys");
        press("createClient");
        QTRY_VERIFY(find<QDialog>("clientKeyDialog"));
        type("clientName", "terminal");
        press("acceptButton");
        QTRY_VERIFY(find<QLineEdit>("createdKey"));
        auto* key = find<QLineEdit>("createdKey");
        m_clientKey = key->text().toStdString();
        QVERIFY(key->text().startsWith(QStringLiteral("ws-")));
        press("copyKey");
        QCOMPARE(QGuiApplication::clipboard()->text().toStdString(), m_clientKey);
        QVERIFY(QGuiApplication::clipboard()->mimeData()->hasFormat(
            QStringLiteral("x-kde-passwordManagerHint")));
        press("acceptButton");
        QTRY_VERIFY(find<QTableView>("clientTable"));
        QTRY_COMPARE(find<QTableView>("clientTable")->model()->rowCount(), 1);
    }

    void aCallThroughTheAliasAppears()
    {
        QCOMPARE(m_bed->call(m_clientKey, "fast"), 200);
        press("nav_calls");
        auto* table = find<QTableView>("callTable");
        QTRY_VERIFY((table = find<QTableView>("callTable")));
        QTRY_VERIFY(table->model()->rowCount() >= 1);
        QTRY_VERIFY(
            table->model()->index(0, 2).data().toString().startsWith(QStringLiteral("fast")));
        QCOMPARE(table->model()->index(0, 1).data().toString(), QStringLiteral("terminal"));
        table->selectRow(0);
        QTRY_VERIFY(find<QWidget>("callDetail"));
        QTRY_VERIFY(find<QAbstractButton>("copyEvidence")
            && find<QAbstractButton>("copyEvidence")->isEnabled());
        press("copyEvidence");
        const QString evidence = QGuiApplication::clipboard()->text();
        QVERIFY(evidence.contains(QStringLiteral("practice-echo")));
        QVERIFY(!evidence.contains(QString::fromStdString(m_clientKey)));
    }

    void aFailedCallIsFoundByTheFilter()
    {
        QVERIFY(m_bed->call(m_clientKey, "practice-401") >= 400);
        auto* table = find<QTableView>("callTable");
        press("callFailed");
        QTRY_VERIFY(table->isVisible() && table->model()->rowCount() == 1);
        QTRY_COMPARE(table->model()->index(0, 2).data().toString(), QStringLiteral("practice-401"));
        press("clearCallFilter");
        QTRY_VERIFY(table->model()->rowCount() >= 3);
    }

    void theOverviewCountsThem()
    {
        press("nav_overview");
        auto* card = find<QWidget>("callsCard");
        QVERIFY(card);
        QTRY_VERIFY2(!card->accessibleDescription().startsWith(QStringLiteral("0"))
                && card->accessibleDescription().contains(QStringLiteral("failed")),
            qPrintable(card->accessibleDescription()));
    }

    void aRevokedKeyStopsAndComesBackByUndo()
    {
        press("nav_keys");
        press("revokeClient");
        QTRY_VERIFY(m_bed->station.settings().clients.empty());
        QCOMPARE(m_bed->call(m_clientKey, "fast"), 401);
        press("undoButton");
        QTRY_COMPARE(m_bed->station.settings().clients.size(), std::size_t(1));
        QCOMPARE(m_bed->call(m_clientKey, "fast"), 200);
    }

    void aDeletedChannelComesBackWithItsKey()
    {
        press("nav_channels");
        auto* list = find<QListView>("channelList");
        QVERIFY(list);
        const auto choose = [&] {
            for (int i = 0; i < list->model()->rowCount(); ++i) {
                if (list->model()->index(i, 0).data().toString() == QStringLiteral("Work")) {
                    list->setCurrentIndex(list->model()->index(i, 0));
                    return true;
                }
            }
            return false;
        };
        QVERIFY(choose());
        press("deleteChannel");
        QTRY_VERIFY(!choose());
        press("undoButton");
        QTRY_VERIFY(choose());
        const ChannelSettings channel = *findChannel(m_bed->station.settings(), "Work");
        QVERIFY(channel.enabled);
        QCOMPARE(m_bed->station.keyState(channel.id, channel.keys.front().id), SecretState::Ready);
        press("deleteChannel");
        m_window->settle();
        QTRY_VERIFY(!findChannel(m_bed->station.settings(), "Work"));
    }

    void theLanguageSwitchesLive()
    {
        press("nav_settings");
        auto* language = find<QComboBox>("language");
        QVERIFY(language);
        language->setCurrentIndex(language->findData(QStringLiteral("zh_CN")));
        QTRY_COMPARE(titleShown(), QStringLiteral("\u8bbe\u7f6e"));
        language = find<QComboBox>("language");
        QVERIFY(language);
        language->setCurrentIndex(language->findData(QStringLiteral("en")));
        QTRY_COMPARE(titleShown(), QStringLiteral("Settings"));
    }

    void theThemeSwitchesLive()
    {
        auto* theme = find<QComboBox>("theme");
        QVERIFY(theme);
        theme->setCurrentIndex(theme->findData(QStringLiteral("dark")));
        QTRY_VERIFY(m_window->palette().color(QPalette::Window).lightness() < 64);
        theme->setCurrentIndex(theme->findData(QStringLiteral("light")));
        QTRY_VERIFY(m_window->palette().color(QPalette::Window).lightness() > 200);
    }

    void thePortMoves()
    {
        const std::uint16_t port = StationBed::freePort();
        auto* box = find<QWidget>("port");
        QVERIFY(box);
        box->setProperty("value", port);
        press("applyPort");
        QTRY_COMPARE(m_bed->station.relayState().port, port);
        QTRY_COMPARE(m_bed->station.relayState().kind, RelayState::Kind::Serving);
        QCOMPARE(m_bed->call(m_clientKey, "fast"), 200);
    }

    void noSecretReachedAFile()
    {
        bool flushed = false;
        m_bed->station.ledger().flush([&flushed] { flushed = true; });
        QTRY_VERIFY(flushed);
        QDirIterator files(
            m_bed->station.dataDir(), QDir::Files | QDir::Hidden, QDirIterator::Subdirectories);
        int read = 0;
        while (files.hasNext()) {
            QFile file(files.next());
            if (!file.open(QIODevice::ReadOnly))
                continue;
            const QByteArray octets = file.readAll();
            ++read;
            QVERIFY2(
                !octets.contains(QByteArray(upstreamKey).mid(8, 12)), qPrintable(file.fileName()));
            QVERIFY2(!octets.contains(QByteArray::fromStdString(m_clientKey).mid(8, 12)),
                qPrintable(file.fileName()));
        }
        QVERIFY(read > 0);
    }
};

QTEST_MAIN(TestMainJob)
#include "tst_main_job.moc"
