#pragma once

#include <QStringList>
#include <QWidget>

#include <functional>
#include <vector>

namespace waystation {

/// What a chart of stacked bars shows. `values[slot][series]`.
struct BarsData
{
    QStringList slotNames; // spoken and hovered names: "14:00", "Nov 23"
    QStringList axis; // what stands below a bar; "" for most
    QStringList series; // "" is drawn as others
    std::vector<std::vector<double>> values;
};

/// Bars over time, split by a key, with a hairline grid and direct labels.
class StackedBars : public QWidget
{
    Q_OBJECT
public:
    explicit StackedBars(QWidget* parent = nullptr);
    /// `format` writes a value, for the axis and the hover text.
    void setData(BarsData data, std::function<QString(double)> format);

    const BarsData& data() const { return m_data; }

    QSize sizeHint() const override { return {480, 200}; }

    QSize minimumSizeHint() const override { return {240, 150}; }

Q_SIGNALS:
    void slotClicked(int slot);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;

private:
    QRectF plotRect() const;
    int slotAt(qreal x) const;
    QColor colourOf(int series) const;
    void paintGrid(QPainter& painter, const QRectF& plot, double top) const;
    void paintBars(QPainter& painter, const QRectF& plot, double top) const;
    void paintKeys(QPainter& painter) const;
    QString splitText(int slot) const;

    BarsData m_data;
    std::function<QString(double)> m_format;
    double m_most = 0;
    int m_hovered = -1;
};

/// The next round figure at or above `value`: 1, 2, 2.5 or 5 times a power of ten.
double roundTop(double value);

}
