#include "ui/widgets/wrapped_label.h"

namespace waystation {

namespace {

constexpr int usualWidth = 360;
constexpr int leastWidth = 80;

}

WrappedLabel::WrappedLabel(const QString& text, QWidget* parent)
    : QLabel(parent)
{
    setTextFormat(Qt::PlainText);
    setWordWrap(true);
    setText(text);
    QSizePolicy policy(QSizePolicy::Expanding, QSizePolicy::Minimum);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
}

QSize WrappedLabel::sizeHint() const
{
    const int width = std::max(leastWidth, std::min(usualWidth, QLabel::sizeHint().width()));
    return {width, heightForWidth(width)};
}

QSize WrappedLabel::minimumSizeHint() const
{
    return {leastWidth, heightForWidth(10'000)};
}

}
