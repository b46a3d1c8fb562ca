#pragma once

#include <QAbstractTableModel>
#include <QString>
#include <QVariant>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

namespace waystation {

/// Roles beside Qt's own.
enum ItemRole {
    ToneRole = Qt::UserRole + 1, // an int of Tone: a dot is painted before the text
    SubtitleRole, // a second, quieter line
    StripRole, // for the sixty-slot strip
};

/// One column of a RowsModel.
template <class Row> struct Column
{
    QString title;
    std::function<QString(const Row&)> text;
    Qt::Alignment alignment = Qt::AlignLeft | Qt::AlignVCenter;
    std::function<QVariant(const Row&, int role)> other; // roles beside the text; may be empty
};

/// A table over rows that live outside: setRows() finds what changed, so that selection and
/// scrolling stay.
template <class Row> class RowsModel : public QAbstractTableModel
{
public:
    using Key = std::function<std::string(const Row&)>;

    RowsModel(std::vector<Column<Row>> columns, Key key, QObject* parent = nullptr)
        : QAbstractTableModel(parent)
        , m_columns(std::move(columns))
        , m_key(std::move(key))
    {
    }

    void setRows(std::vector<Row> rows)
    {
        // Out goes what is no longer there, from the end so that numbers stay true.
        std::vector<std::string> kept;
        kept.reserve(rows.size());
        for (const Row& row : rows)
            kept.push_back(m_key(row));
        std::vector<std::string> sorted = kept;
        std::sort(sorted.begin(), sorted.end());
        for (int i = static_cast<int>(m_rows.size()) - 1; i >= 0; --i) {
            if (std::binary_search(
                    sorted.begin(), sorted.end(), m_key(m_rows[static_cast<std::size_t>(i)])))
                continue;
            beginRemoveRows({}, i, i);
            m_rows.erase(m_rows.begin() + i);
            endRemoveRows();
        }
        for (std::size_t i = 0; i < rows.size(); ++i)
            settle(static_cast<int>(i), std::move(rows[i]), kept[i]);
        if (m_rows.size() > kept.size()) {
            beginRemoveRows({}, static_cast<int>(kept.size()), static_cast<int>(m_rows.size()) - 1);
            m_rows.resize(kept.size());
            endRemoveRows();
        }
        if (!m_rows.empty())
            Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, columnCount() - 1));
    }

    const std::vector<Row>& rows() const { return m_rows; }

    const Row* rowAt(const QModelIndex& at) const
    {
        return at.isValid() && at.row() < rowCount() ? &m_rows[static_cast<std::size_t>(at.row())]
                                                     : nullptr;
    }

    int rowOf(const std::string& key) const
    {
        for (std::size_t i = 0; i < m_rows.size(); ++i) {
            if (m_key(m_rows[i]) == key)
                return static_cast<int>(i);
        }
        return -1;
    }

    int rowCount(const QModelIndex& parent = {}) const override
    {
        return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
    }

    int columnCount(const QModelIndex& parent = {}) const override
    {
        return parent.isValid() ? 0 : static_cast<int>(m_columns.size());
    }

    QVariant data(const QModelIndex& at, int role) const override
    {
        const Row* row = rowAt(at);
        if (!row || at.column() >= columnCount())
            return {};
        const Column<Row>& column = m_columns[static_cast<std::size_t>(at.column())];
        if (role == Qt::DisplayRole)
            return column.text(*row);
        if (role == Qt::TextAlignmentRole)
            return static_cast<int>(column.alignment);
        return column.other ? column.other(*row, role) : QVariant();
    }

    QVariant headerData(int section, Qt::Orientation orientation, int role) const override
    {
        if (orientation != Qt::Horizontal || section < 0 || section >= columnCount())
            return {};
        const Column<Row>& column = m_columns[static_cast<std::size_t>(section)];
        if (role == Qt::DisplayRole)
            return column.title;
        if (role == Qt::TextAlignmentRole)
            return static_cast<int>(column.alignment);
        return {};
    }

private:
    void settle(int at, Row&& row, const std::string& key)
    {
        const auto place = m_rows.begin() + at;
        if (at < rowCount() && m_key(*place) == key) {
            *place = std::move(row);
            return;
        }
        const auto found = std::find_if(
            place, m_rows.end(), [&](const Row& other) { return m_key(other) == key; });
        if (found == m_rows.end()) {
            beginInsertRows({}, at, at);
            m_rows.insert(place, std::move(row));
            endInsertRows();
            return;
        }
        const int from = static_cast<int>(found - m_rows.begin());
        beginMoveRows({}, from, from, {}, at);
        std::rotate(place, found, found + 1);
        endMoveRows();
        m_rows[static_cast<std::size_t>(at)] = std::move(row);
    }

    std::vector<Column<Row>> m_columns;
    Key m_key;
    std::vector<Row> m_rows;
};

}
