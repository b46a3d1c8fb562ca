#pragma once

#include <QFrame>

#include <vector>

class QLabel;

namespace waystation {

class ElidedLabel;
class SparkLine;

/// A figure with its name, a note below and a small line.
class FigureCard : public QFrame
{
    Q_OBJECT
public:
    FigureCard(const QString& title, const char* objectName, QWidget* parent = nullptr);
    void setFigure(const QString& text);
    void setNote(const QString& text);
    /// A word beside the title.
    void setCorner(const QString& text);
    /// A second line of words in place of the small line.
    void setSecondNote(const QString& text);
    void setLine(std::vector<double> values);

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    QLabel* m_figure;
    ElidedLabel* m_note;
    QLabel* m_corner;
    QLabel* m_second;
    SparkLine* m_line;
};

}
