#include "ui/theme/theme.h"

namespace waystation {

namespace {

// @name is replaced by a token. Sizes are in device-independent pixels.
constexpr const char* sheet = R"(
QToolTip { background: @surface; color: @text; border: 1px solid @strongBorder; padding: 4px 6px; }

QWidget#sideBar { background: @sideBar; border-right: 1px solid @border; }
QToolButton[role="nav"] { border: none; border-radius: 6px; padding: 7px 10px; text-align: left; color: @text; }
QToolButton[role="nav"]:hover { background: @hover; }
QToolButton[role="nav"]:checked { background: @accentSoft; color: @text; font-weight: 600; }
QToolButton[role="nav"]:focus { border: 1px solid @accent; padding: 6px 9px; }

QFrame[role="card"] { background: @surface; border: 1px solid @border; border-radius: 8px; }
QFrame[role="line"] { background: @border; border: none; }
QFrame[role="notice"] { background: @warnSoft; border: 1px solid @border; border-radius: 8px; }
QFrame[role="undo"] { background: @text; border-radius: 8px; }
QFrame[role="undo"] QLabel { color: @window; }
QFrame[role="undo"] QPushButton { background: transparent; color: @undoAction; border: none; font-weight: 600; padding: 4px 8px; min-width: 0; }
QFrame[role="undo"] QPushButton:hover, QFrame[role="undo"] QPushButton:focus { text-decoration: underline; }

QLabel[role="muted"], QLabel[role="small"] { color: @muted; }
QLabel[role="faint"] { color: @faint; }
QLabel[role="bad"] { color: @badText; }
QLabel[role="warn"] { color: @warnText; }
QLabel[role="good"] { color: @goodText; }
QLabel[role="code"], QPlainTextEdit[role="code"] { background: @sunken; border: 1px solid @border; border-radius: 6px; padding: 8px; }

QPushButton { background: @surface; color: @text; border: 1px solid @strongBorder; border-radius: 6px; padding: 5px 12px; min-height: 18px; }
QPushButton:hover { background: @hover; }
QPushButton:pressed { background: @border; }
QPushButton:focus { border-color: @accent; }
QPushButton:disabled { color: @faint; border-color: @border; background: @window; }
QPushButton[role="primary"] { background: @accent; color: @onAccent; border-color: @accent; font-weight: 600; }
QPushButton[role="primary"]:hover { background: @accentHover; }
QPushButton[role="primary"]:focus { border-color: @text; }
QPushButton[role="primary"]:disabled { background: @border; color: @faint; border-color: @border; }
QPushButton[role="danger"] { color: @badText; }
QPushButton[role="flat"] { background: transparent; border: 1px solid transparent; padding: 5px 8px; }
QPushButton[role="flat"]:hover { background: @hover; }
QPushButton[role="flat"]:focus { border-color: @accent; }
QPushButton::menu-indicator { image: url(:/icons/chevron_down_@mode.svg); subcontrol-position: right center; right: 6px; width: 12px; }

QToolButton[role="icon"] { border: 1px solid transparent; border-radius: 6px; padding: 4px; background: transparent; }
QToolButton[role="icon"]:hover { background: @hover; }
QToolButton[role="icon"]:focus { border-color: @accent; }
QToolButton[role="icon"]:checked { background: @accentSoft; }
QToolButton[role="segment"] { border: 1px solid @strongBorder; border-right: none; padding: 4px 10px; background: @surface; color: @muted; min-height: 18px; }
QToolButton[role="segment"]:hover { background: @hover; }
QToolButton[role="segment"]:checked { background: @accentSoft; color: @text; font-weight: 600; }
QToolButton[role="segment"]:focus { color: @accent; }
QToolButton[role="segment"][place="first"] { border-top-left-radius: 6px; border-bottom-left-radius: 6px; }
QToolButton[role="segment"][place="last"] { border-right: 1px solid @strongBorder; border-top-right-radius: 6px; border-bottom-right-radius: 6px; }

QLineEdit, QPlainTextEdit, QSpinBox, QDoubleSpinBox, QDateEdit, QComboBox { background: @surface; color: @text; border: 1px solid @strongBorder; border-radius: 6px; padding: 4px 8px; min-height: 20px; selection-background-color: @accent; selection-color: @onAccent; }
QLineEdit:focus, QPlainTextEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus, QDateEdit:focus, QComboBox:focus { border-color: @accent; }
QLineEdit:disabled, QSpinBox:disabled, QDoubleSpinBox:disabled, QComboBox:disabled, QDateEdit:disabled { background: @window; color: @faint; border-color: @border; }
QComboBox { padding-right: 24px; }
QComboBox::drop-down { border: none; width: 24px; }
QComboBox::down-arrow { image: url(:/icons/chevron_down_@mode.svg); width: 12px; height: 12px; }
QComboBox QAbstractItemView { background: @surface; border: 1px solid @strongBorder; padding: 4px; outline: none; selection-background-color: @accentSoft; selection-color: @text; }
QComboBox QAbstractItemView::item { min-height: 26px; padding: 2px 6px; }
QSpinBox, QDoubleSpinBox, QDateEdit { padding-right: 22px; }
QSpinBox::up-button, QDoubleSpinBox::up-button { subcontrol-origin: border; subcontrol-position: top right; width: 20px; border: none; margin: 2px 2px 0 0; }
QSpinBox::down-button, QDoubleSpinBox::down-button { subcontrol-origin: border; subcontrol-position: bottom right; width: 20px; border: none; margin: 0 2px 2px 0; }
QSpinBox::up-arrow, QDoubleSpinBox::up-arrow { image: url(:/icons/chevron_up_@mode.svg); width: 10px; height: 10px; }
QSpinBox::down-arrow, QDoubleSpinBox::down-arrow, QDateEdit::down-arrow { image: url(:/icons/chevron_down_@mode.svg); width: 10px; height: 10px; }
QDateEdit::drop-down { border: none; width: 22px; }

QCheckBox { spacing: 8px; }
QCheckBox::indicator { width: 16px; height: 16px; border: 1px solid @strongBorder; border-radius: 4px; background: @surface; }
QCheckBox::indicator:hover { border-color: @accent; }
QCheckBox::indicator:focus { border-color: @accent; }
QCheckBox:focus { color: @accent; }
QCheckBox::indicator:checked { background: @accent; border-color: @accent; image: url(:/icons/tick_@mode.svg); }
QCheckBox::indicator:disabled { background: @window; border-color: @border; }

QAbstractItemView { background: @surface; border: 1px solid @border; border-radius: 8px; outline: none; selection-background-color: @accentSoft; selection-color: @text; gridline-color: @border; }
QFrame[role="card"] QAbstractItemView { border: none; }
QTableView::item { padding: 0 8px; border: none; border-bottom: 1px solid @hairline; }
QTableView::item:selected, QListView::item:selected { background: @accentSoft; color: @text; }
QListView::item { padding: 6px 8px; border-radius: 6px; border: none; }
QListView::item:hover { background: @hover; }
QListView::indicator { width: 16px; height: 16px; border: 1px solid @strongBorder; border-radius: 4px; background: @surface; }
QListView::indicator:checked { background: @accent; border-color: @accent; image: url(:/icons/tick_@mode.svg); }
QHeaderView { background: transparent; border: none; }
QHeaderView::section { background: transparent; color: @muted; border: none; border-bottom: 1px solid @border; padding: 7px 11px; }
QTableCornerButton::section { background: transparent; border: none; }

QTabWidget::pane { border: none; border-top: 1px solid @border; }
QTabBar { qproperty-drawBase: 0; }
QTabBar::tab { background: transparent; color: @muted; padding: 7px 12px; border: none; border-bottom: 2px solid transparent; }
QTabBar::tab:hover { color: @text; }
QTabBar::tab:selected { color: @text; border-bottom-color: @accent; }
QTabBar::tab:focus { color: @accent; }

QAbstractScrollArea::corner { background: transparent; border: none; }
QScrollArea { background: transparent; border: none; }
QScrollArea > QWidget > QWidget[role="clear"] { background: transparent; }
QScrollBar:vertical { background: transparent; width: 12px; margin: 2px; }
QScrollBar:horizontal { background: transparent; height: 12px; margin: 2px; }
QScrollBar::handle { background: @strongBorder; border-radius: 4px; }
QScrollBar::handle:hover { background: @faint; }
QScrollBar::handle:vertical { min-height: 32px; }
QScrollBar::handle:horizontal { min-width: 32px; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }

QMenu { background: @surface; border: 1px solid @strongBorder; padding: 4px; }
QMenu::item { padding: 6px 24px 6px 12px; border-radius: 4px; }
QMenu::item:selected { background: @accentSoft; color: @text; }
QMenu::item:disabled { color: @faint; }
QMenu::separator { height: 1px; background: @border; margin: 4px 8px; }
QSplitter::handle { background: transparent; }
)";

}

QString styleSheetFor(const Colours& t)
{
    const auto mixed = [](const QColor& a, const QColor& b) {
        return QColor(
            (a.red() + b.red()) / 2, (a.green() + b.green()) / 2, (a.blue() + b.blue()) / 2);
    };
    const std::pair<const char*, QString> names[] = {
        // longer names first, so that @accent does not eat @accentSoft
        {"@accentHover", t.accentHover.name()},
        {"@accentSoft", t.accentSoft.name()},
        {"@accent", t.accent.name()},
        {"@undoAction", (t.dark ? lightColours() : darkColours()).accent.name()},
        {"@strongBorder", t.strongBorder.name()},
        {"@hairline", mixed(t.border, t.surface).name()},
        {"@border", t.border.name()},
        {"@onAccent", t.onAccent.name()},
        {"@goodText", t.goodText.name()},
        {"@warnText", t.warnText.name()},
        {"@badText", t.badText.name()},
        {"@warnSoft", t.warnSoft.name()},
        {"@sideBar", t.sideBar.name()},
        {"@surface", t.surface.name()},
        {"@sunken", t.sunken.name()},
        {"@window", t.window.name()},
        {"@hover", t.hover.name()},
        {"@muted", t.muted.name()},
        {"@faint", t.faint.name()},
        {"@text", t.text.name()},
        {"@mode", t.dark ? QStringLiteral("dark") : QStringLiteral("light")},
    };
    QString text = QString::fromLatin1(sheet);
    for (const auto& [name, value] : names)
        text.replace(QLatin1String(name), value);
    return text;
}

}
