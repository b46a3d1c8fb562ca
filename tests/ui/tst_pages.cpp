#include "station_bed.h"

#include "ui/dialogs/alias_dialog.h"
#include "ui/dialogs/channel_dialog.h"
#include "ui/dialogs/client_key_dialog.h"
#include "ui/dialogs/key_dialog.h"
#include "ui/dialogs/models_dialog.h"
#include "ui/dialogs/vault_dialog.h"
#include "ui/text/language.h"
#include "ui/theme/icons.h"
#include "ui/theme/theme.h"
#include "ui/tray/tray.h"
#include "ui/window/main_window.h"

#include <QAbstractButton>
#include <QAbstractItemView>
#include <QAbstractSpinBox>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPlainTextEdit>
#include <QScrollArea>
#include <QTabWidget>
#include <QTimer>

using namespace waystation;

namespace {

/// The controls that a person can reach.
bool isInteractive(const QWidget* widget)
{
    if (widget->focusPolicy() == Qt::NoFocus
        || widget->objectName().startsWith(QStringLiteral("qt_")))
        return false;
    if (qobject_cast<const QAbstractSpinBox*>(widget->parentWidget()))
        return false; // the editor inside
    return qobject_cast<const QAbstractButton*>(widget) || qobject_cast<const QLineEdit*>(widget)
        || qobject_cast<const QComboBox*>(widget) || qobject_cast<const QAbstractItemView*>(widget)
        || qobject_cast<const QAbstractSpinBox*>(widget)
        || qobject_cast<const QPlainTextEdit*>(widget) || qobject_cast<const QTabWidget*>(widget);
}

QString pathOf(const QWidget* widget)
{
    QStringList names;
    for (; widget; widget = widget->parentWidget())
        names.prepend(widget->objectName().isEmpty()
                ? QString::fromLatin1(widget->metaObject()->className())
                : widget->objectName());
    return names.join(QLatin1Char('/'));
}

QStringList unnamedIn(const QWidget* root)
{
    QStringList found;
    for (const QWidget* widget : root->findChildren<QWidget*>()) {
        if (!isInteractive(widget) || (widget->window() != root->window()))
            continue;
        // Clear buttons and list views of Qt's own composite widgets.
        const QString owner = widget->parentWidget()
            ? QString::fromLatin1(widget->parentWidget()->metaObject()->className())
            : QString();
        if (owner == QStringLiteral("QLineEdit")
            || owner == QStringLiteral("QComboBoxPrivateContainer"))
            continue;
        if (widget->objectName().isEmpty() || widget->accessibleName().isEmpty())
            found << pathOf(widget);
    }
    return found;
}

/// Labels and buttons whose text does not fit into them, and pages wider than their view.
QStringList clippedIn(const QWidget* root)
{
    QStringList found;
    for (const QScrollArea* area : root->findChildren<QScrollArea*>()) {
        if (area->isVisibleTo(root) && area->widget()->width() > area->viewport()->width())
            found << QStringLiteral("%1 is %2 wide, its view %3")
                         .arg(pathOf(area))
                         .arg(area->widget()->width())
                         .arg(area->viewport()->width());
    }
    for (const QWidget* widget : root->findChildren<QWidget*>()) {
        if (!widget->isVisibleTo(root))
            continue;
        QSize needed;
        QString text;
        if (const auto* label = qobject_cast<const QLabel*>(widget)) {
            if (label->text().isEmpty() || label->inherits("waystation::ElidedLabel"))
                continue;
            text = label->text();
            needed = label->wordWrap() ? QSize(0, label->heightForWidth(label->width()))
                                       : label->sizeHint();
        } else if (const auto* button = qobject_cast<const QAbstractButton*>(widget)) {
            if (button->text().isEmpty())
                continue;
            text = button->text();
            needed = button->sizeHint();
        } else {
            continue;
        }
        if (needed.width() > widget->width() + 1 || needed.height() > widget->height() + 1)
            found << QStringLiteral("%1 \"%2\" needs %3x%4, has %5x%6")
                         .arg(pathOf(widget), text.left(40))
                         .arg(needed.width())
                         .arg(needed.height())
                         .arg(widget->width())
                         .arg(widget->height());
    }
    return found;
}

}

class TestPages : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void initTestCase()
    {
        loadIcons();
        m_theme = new Theme(*qApp);
        m_language = std::make_unique<Language>();
        m_bed = std::make_unique<StationBed>();
        QVERIFY(m_bed->open());
        const auto changed = m_bed->station.change([](Settings& settings) -> Result<void> {
            ChannelSettings channel;
            channel.name = "A rather long channel name for 900 px";
            channel.provider = ProviderId("openai");
            if (const auto added = addChannel(settings, channel); !added)
                return added.error();
            return setAlias(
                settings, {"fast", {{settings.channels.front().name, "practice-echo"}}});
        });
        QVERIFY2(changed.has_value(), changed ? "" : changed.error().message.c_str());
        const auto key = m_bed->newClient("terminal");
        QVERIFY(key);
        QCOMPARE(m_bed->call(*key, "practice-echo"), 200);
        QCOMPARE(m_bed->call(*key, "practice-500") >= 400, true);
        bool flushed = false;
        m_bed->station.ledger().flush([&flushed] { flushed = true; });
        QTRY_VERIFY(flushed);
    }

    void cleanupTestCase() { m_bed.reset(); }

    void nothingIsClippedAndAllIsNamed_data()
    {
        QTest::addColumn<QString>("language");
        QTest::addColumn<QString>("theme");
        QTest::newRow("English, light") << QStringLiteral("en") << QStringLiteral("light");
        QTest::newRow("Chinese, dark") << QStringLiteral("zh_CN") << QStringLiteral("dark");
    }

    void nothingIsClippedAndAllIsNamed()
    {
        QFETCH(QString, language);
        QFETCH(QString, theme);
        m_language->choose(language);
        m_theme->setMode(theme);
        MainWindow window(m_bed->station);
        window.resize(900, 560);
        window.show();
        for (const PageEntry& entry : pages()) {
            window.openPage(entry.id);
            QTest::qWait(150); // the ledger's answers; what is checked holds before them too
            QCOMPARE(window.size(), QSize(900, 560));
            const QStringList clipped = clippedIn(&window);
            QVERIFY2(clipped.isEmpty(), qPrintable(clipped.join(QLatin1Char('\n'))));
            const QStringList unnamed = unnamedIn(&window);
            QVERIFY2(unnamed.isEmpty(), qPrintable(unnamed.join(QLatin1Char('\n'))));
        }
    }

    void dialogsFitAndAreNamed_data() { nothingIsClippedAndAllIsNamed_data(); }

    void dialogsFitAndAreNamed()
    {
        QFETCH(QString, language);
        QFETCH(QString, theme);
        m_language->choose(language);
        m_theme->setMode(theme);
        Station& station = m_bed->station;
        QWidget parent;
        parent.show();
        const ChannelSettings channel = station.settings().channels.back();
        auto* models = new ModelsDialog({"a", "b"}, {"b"}, &parent);
        models->open();
        auto* alias = new AliasDialog(station, station.settings().aliases.front(), &parent);
        alias->open();
        const std::vector<QDialog*> dialogs{ChannelDialog::add(station, &parent),
            ChannelDialog::edit(station, channel, &parent),
            ChannelDialog::duplicate(station, channel, &parent),
            KeyDialog::add(station, channel, &parent), VaultDialog::unlock(station, &parent),
            VaultDialog::move(station, &parent), ClientKeyDialog::create(station, &parent),
            ClientKeyDialog::rotate(station, QStringLiteral("terminal"), &parent), models, alias};
        for (QDialog* dialog : dialogs) {
            auto* tabs = dialog->findChild<QTabWidget*>();
            for (int i = 0; i < (tabs ? tabs->count() : 1); ++i) {
                if (tabs)
                    tabs->setCurrentIndex(i);
                QCoreApplication::processEvents();
                const QStringList clipped = clippedIn(dialog);
                QVERIFY2(clipped.isEmpty(), qPrintable(clipped.join(QLatin1Char('\n'))));
            }
            const QStringList unnamed = unnamedIn(dialog);
            QVERIFY2(unnamed.isEmpty(), qPrintable(unnamed.join(QLatin1Char('\n'))));
            dialog->reject();
        }
    }

    void aHiddenPageHoldsNoTimer()
    {
        m_language->choose(QStringLiteral("en"));
        MainWindow window(m_bed->station);
        window.show();
        for (const PageEntry& entry : pages())
            window.openPage(entry.id);
        window.openPage(PageId::Overview);
        QTest::qWait(300);
        window.hide();
        for (const QTimer* timer : window.findChildren<QTimer*>())
            QVERIFY2(!timer->isActive(), qPrintable(timer->parent()->objectName()));
    }

    void keysReachEveryPage()
    {
        MainWindow window(m_bed->station);
        window.show();
        window.activateWindow();
        QVERIFY(QTest::qWaitForWindowExposed(&window));
        const auto entries = pages();
        for (std::size_t i = 0; i < entries.size(); ++i) {
            QTest::keyClick(&window, static_cast<Qt::Key>(Qt::Key_1 + static_cast<int>(i)),
                Qt::ControlModifier);
            QCOMPARE(window.currentPage(), entries[i].id);
        }
    }

    void theTrayTakesFourShapes()
    {
        const auto state = [](RelayState::Kind kind) {
            RelayState relay;
            relay.kind = kind;
            return relay;
        };
        QCOMPARE(trayShape(state(RelayState::Kind::Serving), 0, false), TrayShape::Serving);
        QCOMPARE(trayShape(state(RelayState::Kind::Serving), 3, false), TrayShape::Busy);
        QCOMPARE(trayShape(state(RelayState::Kind::Serving), 3, true), TrayShape::Attention);
        QCOMPARE(trayShape(state(RelayState::Kind::CannotListen), 0, false), TrayShape::Attention);
        QCOMPARE(trayShape(state(RelayState::Kind::Paused), 0, true), TrayShape::Stopped);
    }

    void theTrayMenuDoesWhatItSays()
    {
        m_language->choose(QStringLiteral("en"));
        Tray tray(m_bed->station);
        const auto action = [&tray](const char* name) {
            return tray.menu()->findChild<QAction*>(QString::fromLatin1(name));
        };
        QVERIFY(action("trayState")->text().contains(m_bed->station.address()));
        QVERIFY(tray.toolTip().contains(m_bed->station.address()));
        QVERIFY2(action("trayProblem")->isVisible(), "a channel lacks its key");
        QTRY_VERIFY(action("traySpend")->text().contains(QLatin1Char('$')));
        action("trayPause")->trigger();
        QTRY_COMPARE(m_bed->station.relayState().kind, RelayState::Kind::Paused);
        QTRY_COMPARE(action("trayPause")->text(), QStringLiteral("&Resume"));
        action("trayPause")->trigger();
        QTRY_COMPARE(m_bed->station.relayState().kind, RelayState::Kind::Serving);
        QSignalSpy opened(&tray, &Tray::openWanted);
        action("trayOpen")->trigger();
        QCOMPARE(opened.count(), 1);
    }

private:
    Theme* m_theme = nullptr;
    std::unique_ptr<Language> m_language;
    std::unique_ptr<StationBed> m_bed;
};

QTEST_MAIN(TestPages)
#include "tst_pages.moc"
