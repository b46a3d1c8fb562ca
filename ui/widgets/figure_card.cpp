#include "ui/widgets/figure_card.h"

#include "ui/widgets/build.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/spark_line.h"

namespace waystation {

FigureCard::FigureCard(const QString& title, const char* objectName, QWidget* parent)
    : QFrame(parent)
    , m_figure(titleLabel(QStringLiteral("\u2013"), 1.7))
    , m_note(new ElidedLabel)
    , m_corner(textLabel(QString(), "faint"))
    , m_second(textLabel(QString(), "muted"))
    , m_line(new SparkLine)
{
    named(this, objectName, title);
    withRole(this, "card");
    QVBoxLayout* layout = column(this, 16, 2);
    layout->setContentsMargins(16, 12, 16, 12);
    auto* top = row(8);
    top->addWidget(textLabel(title, "muted"));
    top->addWidget(m_corner, 1);
    layout->addLayout(top);
    m_figure->setFont(tabular(m_figure->font()));
    layout->addWidget(m_figure);
    withRole(m_note, "muted");
    layout->addWidget(m_note);
    m_second->hide();
    m_corner->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    m_corner->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    setMinimumWidth(140);
    layout->addWidget(m_second);
    layout->addSpacing(6);
    layout->addWidget(m_line);
    layout->addStretch(1);
}

void FigureCard::setFigure(const QString& text)
{
    m_figure->setText(text);
    setAccessibleDescription(text + QStringLiteral(", ") + m_note->fullText());
}

void FigureCard::setNote(const QString& text)
{
    m_note->setFullText(text);
    setAccessibleDescription(m_figure->text() + QStringLiteral(", ") + text);
}

void FigureCard::setCorner(const QString& text)
{
    m_corner->setText(text);
}

void FigureCard::resizeEvent(QResizeEvent* event)
{
    QFrame::resizeEvent(event);
    // Narrow cards do without it, so that all stay equally wide.
    constexpr int roomy = 180;
    m_corner->setVisible(width() >= roomy);
}

void FigureCard::setSecondNote(const QString& text)
{
    m_second->setText(text);
    m_second->show();
    m_line->hide();
}

void FigureCard::setLine(std::vector<double> values)
{
    m_line->setValues(std::move(values));
}

}
