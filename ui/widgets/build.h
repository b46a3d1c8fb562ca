#pragma once

#include <QAbstractButton>
#include <QBoxLayout>
#include <QFrame>
#include <QLabel>
#include <QPushButton>
#include <QString>
#include <QToolButton>
#include <QWidget>

class QFormLayout;
class QTableView;
class QAbstractItemModel;

namespace waystation {

/// Gives a widget the name that tests use and the one that screen readers speak.
template <class W> W* named(W* widget, const char* objectName, const QString& accessibleName)
{
    widget->setObjectName(QString::fromLatin1(objectName));
    widget->setAccessibleName(accessibleName);
    return widget;
}

/// Sets the role that the style sheet looks at.
template <class W> W* withRole(W* widget, const char* role)
{
    widget->setProperty("role", QString::fromLatin1(role));
    return widget;
}

/// Plain text always: what a label shows may come from elsewhere.
QLabel* textLabel(const QString& text, const char* role = nullptr, QWidget* parent = nullptr);
/// Wraps, and takes the height that it needs.
QLabel* wrappedLabel(const QString& text, const char* role = nullptr, QWidget* parent = nullptr);
QLabel* titleLabel(const QString& text, double scale, QWidget* parent = nullptr);
void setRole(QWidget* widget, const char* role);

QPushButton* pushButton(const QString& text, const char* objectName, const char* icon = nullptr,
    const char* role = nullptr);
/// A button that shows only an icon; `text` is its tool tip and spoken name.
QToolButton* iconButton(const QString& text, const char* objectName, const char* icon);

QFrame* cardFrame(QWidget* parent = nullptr);
QFrame* hairline(QWidget* parent = nullptr);
QVBoxLayout* column(QWidget* parent, int margin, int spacing);
QHBoxLayout* row(int spacing);
QFormLayout* formLayout(QWidget* parent);
/// Puts labels on the line of their fields. Call when all rows are in.
void alignLabels(QFormLayout* form);

/// The look and keys that all tables share: whole rows, no grid, no vertical header.
void setUpTable(QTableView* table, QAbstractItemModel* model);
QFont tabular(QFont font);
QFont scaledFont(QFont font, double scale, int weight = QFont::Normal);
QFont codeFont(const QFont& base);

/// `text` made fit for one line of an item or label.
QString singleLine(QString text);
/// `text` as a tool tip that is never taken for rich text.
QString plainToolTip(const QString& text);

}
