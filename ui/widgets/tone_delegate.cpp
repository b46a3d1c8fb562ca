#include "ui/widgets/tone_delegate.h"

#include "ui/models/rows_model.h"
#include "ui/widgets/state_label.h"

#include <QApplication>
#include <QPainter>

namespace waystation {

void ToneDelegate::paint(
    QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    const QVariant tone = index.data(ToneRole);
    const QString subtitle = index.data(SubtitleRole).toString();
    if (!tone.isValid() && subtitle.isEmpty()) {
        QStyledItemDelegate::paint(painter, option, index);
        return;
    }
    QStyleOptionViewItem item = option;
    initStyleOption(&item, index);
    const QString text = std::exchange(item.text, QString());
    const QStyle* style = item.widget ? item.widget->style() : QApplication::style();
    style->drawControl(QStyle::CE_ItemViewItem, &item, painter, item.widget);
    const Colours& colours = coloursOf(item.palette);
    // As the style sheet places the text of other cells.
    const QRect room
        = subtitle.isEmpty() ? item.rect.adjusted(11, 0, -11, -2) : item.rect.adjusted(8, 0, -8, 0);
    const QFontMetrics metrics(item.font);
    const int line = metrics.height();
    const auto chosen = static_cast<Tone>(tone.toInt());
    painter->save();
    painter->setFont(item.font);
    if (subtitle.isEmpty()) {
        paintDot(*painter, QPointF(room.left() + 5, room.center().y() + 0.5), chosen, colours);
        const QRect words = room.adjusted(16, 0, 0, 0);
        painter->setPen(wordOf(chosen, colours));
        painter->drawText(words, Qt::AlignLeft | Qt::AlignVCenter,
            metrics.elidedText(text, Qt::ElideRight, words.width()));
    } else {
        const int top = room.center().y() - line;
        const QRect first(room.left() + 18, top, room.width() - 18, line);
        paintDot(*painter, QPointF(room.left() + 6, first.center().y() + 0.5), chosen, colours);
        QFont strong = item.font;
        strong.setWeight(QFont::DemiBold);
        painter->setFont(strong);
        painter->setPen(colours.text);
        painter->drawText(first, Qt::AlignLeft | Qt::AlignVCenter,
            QFontMetrics(strong).elidedText(text, Qt::ElideRight, first.width()));
        painter->setFont(item.font);
        painter->setPen(chosen == Tone::Good ? colours.muted : wordOf(chosen, colours));
        const QRect second = first.translated(0, line + 2);
        painter->drawText(second, Qt::AlignLeft | Qt::AlignVCenter,
            metrics.elidedText(subtitle, Qt::ElideRight, second.width()));
    }
    painter->restore();
}

QSize ToneDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    QSize size = QStyledItemDelegate::sizeHint(option, index);
    size.setHeight(std::max(size.height(), QFontMetrics(option.font).height() + 14));
    if (!index.data(SubtitleRole).toString().isEmpty())
        size.setHeight(QFontMetrics(option.font).height() * 2 + 18);
    else if (index.data(ToneRole).isValid())
        size.rwidth() += 18;
    return size;
}

}
