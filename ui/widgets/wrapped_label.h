#pragma once

#include <QLabel>

namespace waystation {

/// A plain text over as many lines as its width asks for. Unlike QLabel it does not hold its layout
/// as tall as it would be at its narrowest.
class WrappedLabel : public QLabel
{
    Q_OBJECT
public:
    explicit WrappedLabel(const QString& text = {}, QWidget* parent = nullptr);
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;
};

}
