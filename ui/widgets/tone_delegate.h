#pragma once

#include <QStyledItemDelegate>

namespace waystation {

/// Paints a state's dot before the text of items that carry a tone, and a quieter second line where
/// there is one.
class ToneDelegate : public QStyledItemDelegate
{
    Q_OBJECT
public:
    using QStyledItemDelegate::QStyledItemDelegate;
    void paint(QPainter* painter, const QStyleOptionViewItem& option,
        const QModelIndex& index) const override;
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
};

}
