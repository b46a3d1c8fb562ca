#pragma once

#include "ui/theme/colours.h"

#include <QWidget>

namespace waystation {

/// A dot and a word: the state is always said, the colour only helps.
class StateLabel : public QWidget
{
    Q_OBJECT
public:
    explicit StateLabel(QWidget* parent = nullptr);
    void setState(Tone tone, const QString& text);

    const QString& text() const { return m_text; }

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    Tone m_tone = Tone::Idle;
    QString m_text;
};

/// The dot alone, for item delegates.
void paintDot(QPainter& painter, const QPointF& centre, Tone tone, const Colours& colours);

}
