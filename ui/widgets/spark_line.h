#pragma once

#include <QWidget>

#include <vector>

namespace waystation {

/// A small line without axes under a figure.
class SparkLine : public QWidget
{
    Q_OBJECT
public:
    explicit SparkLine(QWidget* parent = nullptr);
    void setValues(std::vector<double> values);

    QSize sizeHint() const override { return {120, 28}; }

    QSize minimumSizeHint() const override { return {40, 28}; }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    std::vector<double> m_values;
};

}
