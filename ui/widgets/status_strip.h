#pragma once

#include "ledger/report.h"

#include <QWidget>

namespace waystation {

/// Sixty slots of the last hour: good, failing, bad, or nothing.
class StatusStrip : public QWidget
{
    Q_OBJECT
public:
    explicit StatusStrip(QWidget* parent = nullptr);
    void setSlots(std::vector<ChannelStrip::Slot> values);

    QSize sizeHint() const override { return {182, 18}; }

    QSize minimumSizeHint() const override { return {122, 18}; }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    std::vector<ChannelStrip::Slot> m_slots;
};

}
