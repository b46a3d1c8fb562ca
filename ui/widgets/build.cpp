#include "ui/widgets/build.h"

#include "ui/theme/icons.h"
#include "ui/widgets/wrapped_label.h"

#include <QFontDatabase>
#include <QFormLayout>
#include <QHeaderView>
#include <QStyle>
#include <QTableView>
#include <QTextDocument>

namespace waystation {

namespace {

constexpr int fieldHeight = 30;

}

QLabel* textLabel(const QString& text, const char* role, QWidget* parent)
{
    auto* label = new QLabel(parent);
    label->setTextFormat(Qt::PlainText);
    label->setText(text);
    if (role)
        withRole(label, role);
    return label;
}

QLabel* wrappedLabel(const QString& text, const char* role, QWidget* parent)
{
    auto* label = new WrappedLabel(text, parent);
    if (role)
        withRole(label, role);
    return label;
}

QLabel* titleLabel(const QString& text, double scale, QWidget* parent)
{
    QLabel* label = textLabel(text, nullptr, parent);
    label->setFont(scaledFont(label->font(), scale, QFont::DemiBold));
    return label;
}

void setRole(QWidget* widget, const char* role)
{
    if (widget->property("role").toString() == QLatin1String(role))
        return;
    withRole(widget, role);
    widget->style()->unpolish(widget);
    widget->style()->polish(widget);
}

QPushButton* pushButton(
    const QString& text, const char* objectName, const char* icon, const char* role)
{
    auto* button = new QPushButton(text);
    QString spoken = text;
    named(button, objectName, spoken.remove(QLatin1Char('&')));
    const bool primary = role && QLatin1String(role) == QLatin1String("primary");
    const bool danger = role && QLatin1String(role) == QLatin1String("danger");
    if (icon)
        button->setIcon(lineIcon(icon,
            primary      ? IconTint::OnAccent
                : danger ? IconTint::Bad
                         : IconTint::Text));
    if (role)
        withRole(button, role);
    button->setAutoDefault(false);
    return button;
}

QToolButton* iconButton(const QString& text, const char* objectName, const char* icon)
{
    auto* button = withRole(new QToolButton, "icon");
    QString spoken = text;
    named(button, objectName, spoken.remove(QLatin1Char('&')));
    button->setToolTip(spoken);
    button->setIcon(lineIcon(icon, IconTint::Muted));
    button->setIconSize(QSize(16, 16));
    button->setFocusPolicy(Qt::StrongFocus);
    return button;
}

QFrame* cardFrame(QWidget* parent)
{
    return withRole(new QFrame(parent), "card");
}

QFrame* hairline(QWidget* parent)
{
    auto* line = withRole(new QFrame(parent), "line");
    line->setFixedHeight(1);
    return line;
}

QVBoxLayout* column(QWidget* parent, int margin, int spacing)
{
    auto* layout = parent ? new QVBoxLayout(parent) : new QVBoxLayout;
    layout->setContentsMargins(margin, margin, margin, margin);
    layout->setSpacing(spacing);
    return layout;
}

QHBoxLayout* row(int spacing)
{
    auto* layout = new QHBoxLayout;
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(spacing);
    return layout;
}

QFormLayout* formLayout(QWidget* parent)
{
    auto* layout = parent ? new QFormLayout(parent) : new QFormLayout;
    layout->setHorizontalSpacing(16);
    layout->setVerticalSpacing(10);
    layout->setFieldGrowthPolicy(QFormLayout::ExpandingFieldsGrow);
    layout->setLabelAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    layout->setFormAlignment(Qt::AlignLeft | Qt::AlignTop);
    return layout;
}

void alignLabels(QFormLayout* form)
{
    for (int i = 0; i < form->rowCount(); ++i) {
        const QLayoutItem* label = form->itemAt(i, QFormLayout::LabelRole);
        const QLayoutItem* field = form->itemAt(i, QFormLayout::FieldRole);
        if (!label || !label->widget() || !field)
            continue;
        // Fields get their style's height only later; words beside words need none.
        const bool isWords = qobject_cast<QLabel*>(field->widget())
            || (field->widget() && field->widget()->inherits("waystation::StateLabel"));
        if (!isWords)
            label->widget()->setMinimumHeight(fieldHeight);
    }
}

void setUpTable(QTableView* table, QAbstractItemModel* model)
{
    table->setModel(model);
    table->setShowGrid(false);
    table->setSelectionBehavior(QAbstractItemView::SelectRows);
    table->setSelectionMode(QAbstractItemView::SingleSelection);
    table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    table->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    table->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    table->setTabKeyNavigation(false);
    table->setWordWrap(false);
    table->setTextElideMode(Qt::ElideRight);
    table->setFont(tabular(table->font()));
    table->verticalHeader()->hide();
    table->verticalHeader()->setDefaultSectionSize(32);
    table->horizontalHeader()->setHighlightSections(false);
    table->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    table->horizontalHeader()->setMinimumSectionSize(48);
}

QFont tabular(QFont font)
{
#if QT_VERSION >= QT_VERSION_CHECK(6, 7, 0)
    font.setFeature("tnum", 1);
#endif
    return font;
}

QFont scaledFont(QFont font, double scale, int weight)
{
    if (font.pointSizeF() > 0)
        font.setPointSizeF(font.pointSizeF() * scale);
    else
        font.setPixelSize(qRound(font.pixelSize() * scale));
    font.setWeight(static_cast<QFont::Weight>(weight));
    return font;
}

QFont codeFont(const QFont& base)
{
    QFont font = QFontDatabase::systemFont(QFontDatabase::FixedFont);
    if (base.pointSizeF() > 0)
        font.setPointSizeF(base.pointSizeF());
    return font;
}

QString singleLine(QString text)
{
    for (QChar& c : text) {
        if (c.category() == QChar::Other_Control || c.category() == QChar::Other_Format
            || c == QChar::LineSeparator || c == QChar::ParagraphSeparator)
            c = QLatin1Char(' ');
    }
    return text;
}

QString plainToolTip(const QString& text)
{
    return Qt::mightBeRichText(text) ? Qt::convertFromPlainText(text) : text;
}

}
