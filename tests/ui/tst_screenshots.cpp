#include "station_bed.h"

#include "ui/dialogs/alias_dialog.h"
#include "ui/dialogs/channel_dialog.h"
#include "ui/dialogs/client_key_dialog.h"
#include "ui/text/language.h"
#include "ui/theme/icons.h"
#include "ui/theme/theme.h"
#include "ui/window/main_window.h"

#include <QDir>
#include <QTableView>

using namespace waystation;

/// Pictures of every page for people to look at, in the build folder's "screenshots".
class TestScreenshots : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void initTestCase()
    {
        QVERIFY(QDir().mkpath(QStringLiteral(WAYSTATION_SCREENSHOTS)));
        loadIcons();
        m_theme = new Theme(*qApp);
        m_language = std::make_unique<Language>();
        m_bed = std::make_unique<StationBed>();
        QVERIFY(m_bed->open());
        shootEmpty();
        fillSettings();
        fillLedger();
    }

    void cleanupTestCase() { m_bed.reset(); }

    void everyPage_data()
    {
        QTest::addColumn<QString>("language");
        QTest::addColumn<QString>("theme");
        QTest::addColumn<QSize>("size");
        for (const char* language : {"en", "zh_CN"}) {
            for (const char* theme : {"light", "dark"}) {
                QTest::addRow("%s-%s", language, theme)
                    << QString::fromLatin1(language) << QString::fromLatin1(theme)
                    << QSize(1180, 760);
                QTest::addRow("%s-%s-small", language, theme) << QString::fromLatin1(
                    language) << QString::fromLatin1(theme) << QSize(900, 560);
            }
        }
    }

    void everyPage()
    {
        QFETCH(QString, language);
        QFETCH(QString, theme);
        QFETCH(QSize, size);
        m_language->choose(language);
        m_theme->setMode(theme);
        MainWindow window(m_bed->station);
        window.resize(size);
        window.show();
        for (const PageEntry& entry : pages()) {
            window.openPage(entry.id);
            QTest::qWait(350);
            if (entry.id == PageId::Calls) {
                auto* table = window.findChild<QTableView*>(QStringLiteral("callTable"));
                QTRY_VERIFY(table->model()->rowCount() > 0);
                table->selectRow(3);
                QTest::qWait(200);
            }
            shoot(window, QString::fromLatin1(entry.name));
        }
        shootDialogs(window);
    }

private:
    void shoot(QWidget& widget, const QString& name)
    {
        const QString file
            = QStringLiteral("%1/%2-%3.png")
                  .arg(QStringLiteral(WAYSTATION_SCREENSHOTS), name,
                      QString::fromLatin1(
                          QTest::currentDataTag() ? QTest::currentDataTag() : "first"));
        QVERIFY(widget.grab().save(file));
    }

    void shootEmpty()
    {
        m_language->choose(QStringLiteral("en"));
        m_theme->setMode(QStringLiteral("light"));
        MainWindow window(m_bed->station);
        window.show();
        for (const PageEntry& entry : pages()) {
            window.openPage(entry.id);
            QTest::qWait(250);
            shoot(window, QString::fromLatin1(entry.name));
        }
    }

    void shootDialogs(MainWindow& window)
    {
        Station& station = m_bed->station;
        auto* add = ChannelDialog::add(station, &window);
        QTest::qWait(50);
        shoot(*add, QStringLiteral("dialog_channel"));
        add->reject();
        auto* edit = ChannelDialog::edit(station, station.settings().channels.at(1), &window);
        QTest::qWait(50);
        shoot(*edit, QStringLiteral("dialog_channel_edit"));
        edit->reject();
        auto* alias = new AliasDialog(station, station.settings().aliases.front(), &window);
        alias->open();
        QTest::qWait(50);
        shoot(*alias, QStringLiteral("dialog_alias"));
        alias->reject();
        auto* key = ClientKeyDialog::createFirst(station, &window);
        QTest::qWait(50);
        shoot(*key, QStringLiteral("dialog_key"));
        key->reject();
    }

    void fillSettings()
    {
        const auto changed = m_bed->station.change([](Settings& settings) -> Result<void> {
            const struct
            {
                const char* name;
                const char* provider;
                std::vector<std::string> models;
            } channels[] = {{"OpenAI", "openai", {"gpt-5", "gpt-5-mini"}},
                {"DeepSeek", "deepseek", {"deepseek-chat", "deepseek-reasoner"}},
                {"Anthropic", "anthropic", {"claude-sonnet-4-5"}}};
            for (const auto& entry : channels) {
                ChannelSettings channel;
                channel.name = entry.name;
                channel.provider = ProviderId(entry.provider);
                channel.models = entry.models;
                if (const auto added = addChannel(settings, channel); !added)
                    return added.error();
            }
            if (const auto set = setAlias(settings,
                    {"claude-sonnet-*",
                        {{"Anthropic", "claude-sonnet-4-5"}, {"DeepSeek", "deepseek-chat", 1, 1}}});
                !set)
                return set.error();
            return setAlias(settings, {"fast", {{"OpenAI", "gpt-5-nano"}}});
        });
        QVERIFY2(changed.has_value(), changed ? "" : changed.error().message.c_str());
        for (const char* channel : {"OpenAI", "DeepSeek"}) {
            bool stored = false;
            m_bed->station.addKey(QString::fromLatin1(channel), QStringLiteral("key 1"),
                Secret("sk-proj-notarealkey0123456789abcd"),
                [&stored](Result<KeyId> key) { stored = key.has_value(); });
            QTRY_VERIFY(stored);
        }
        const auto key = m_bed->newClient("Claude Code");
        QVERIFY(key);
        QVERIFY(m_bed->newClient("Codex"));
        for (const char* model :
            {"practice-echo", "practice-401", "practice-tool", "practice-500", "practice-echo"})
            (void)m_bed->call(*key, model, true);
    }

    /// Rows as a day of work leaves them.
    void fillLedger()
    {
        const struct
        {
            const char* channel;
            const char* model;
            const char* client;
            int weight;
        } kinds[] = {{"Anthropic", "claude-sonnet-4-5", "Claude Code", 5},
            {"DeepSeek", "deepseek-chat", "Claude Code", 3}, {"OpenAI", "gpt-5", "Codex", 4},
            {"OpenAI", "gpt-5-mini", "Codex", 2}};

        const TimePoint now = wallNow();
        int made = 0;
        for (int i = 0; i < 400; ++i) {
            const auto& kind = kinds[(i * 7 + i / 5) % 4];
            CallRecord record;
            record.startedAt
                = now - std::chrono::minutes((399 - i) * 3 + i % 3) - std::chrono::seconds(i % 60);
            record.id = CallId(
                QStringLiteral("01SCREEN%1").arg(i, 18, 10, QLatin1Char('0')).toStdString());
            record.clientName = kind.client;
            record.dialect
                = kind.client[1] == 'l' ? DialectId::Anthropic : DialectId::OpenaiResponses;
            record.stream = true;
            record.askedModel = ModelName(kind.model);
            record.servedModel = record.askedModel;
            record.channelName = kind.channel;
            record.keyLabel = "key 1";
            record.status = 200;
            record.outcome = Outcome::Done;
            record.timings.firstByte = Micros(280'000 + (i * 7919) % 500'000);
            record.timings.firstToken = Micros(320'000 + (i * 7919) % 600'000);
            record.timings.end = Micros(2'400'000 + (i * 104'729) % 9'000'000);
            record.usage.input = 1200 + (i * 331) % 20'000;
            record.usage.cacheRead = record.usage.input * 3 / 5;
            record.usage.output = 150 + (i * 53) % 1800;
            record.usageKind = UsageKind::Reported;
            record.priceSource = PriceSource::Table;
            record.cost
                = MicroUsd{(record.usage.input * 3 + record.usage.output * 15) * kind.weight / 5};
            record.costFormula = "2400 in x 3.00 + 320 out x 15.00 per million";
            Attempt attempt;
            attempt.channelName = kind.channel;
            attempt.keyLabel = "key 1";
            attempt.model = record.servedModel;
            attempt.status = 200;
            attempt.timings = record.timings;
            attempt.timings.connect = Micros(42'000);
            attempt.timings.tls = Micros(61'000);
            if (i % 23 == 0) {
                Attempt first = attempt;
                first.channelName = "OpenAI";
                first.status = 429;
                first.error = Error{ErrorKind::RateLimited, "Rate limit reached for requests"};
                first.timings.end = Micros(210'000);
                first.timings.firstToken.reset();
                record.attempts.push_back(first);
                attempt.startedAfter = Micros(215'000);
                attempt.timings.end = *attempt.timings.end - Micros(215'000);
                record.route.push_back({"OpenAI", record.servedModel, true, "first in order"});
            }
            if (i % 17 == 3) {
                record.outcome = Outcome::Failed;
                record.status = 503;
                record.error = Error{
                    ErrorKind::Overloaded, "The server is overloaded, please try again later"};
                attempt.error = record.error;
                attempt.status = 503;
                record.cost.reset();
                record.usage = {};
                record.usageKind = UsageKind::None;
                record.timings.firstToken.reset();
            }
            record.attempts.push_back(attempt);
            record.route.push_back({kind.channel, record.servedModel, true, "next in order"});
            record.route.push_back(
                {"Practice", record.servedModel, false, "does not serve this model"});
            made += m_bed->station.ledger().submit(std::move(record)) ? 1 : 0;
        }
        QCOMPARE(made, 400);
        bool flushed = false;
        m_bed->station.ledger().flush([&flushed] { flushed = true; });
        QTRY_VERIFY_WITH_TIMEOUT(flushed, 10'000);
    }

    Theme* m_theme = nullptr;
    std::unique_ptr<Language> m_language;
    std::unique_ptr<StationBed> m_bed;
};

QTEST_MAIN(TestScreenshots)
#include "tst_screenshots.moc"
