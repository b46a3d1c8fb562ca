#include "ui/models/calls_model.h"

#include "ui/text/error_text.h"
#include "ui/text/format.h"
#include "ui/widgets/build.h"

#include <algorithm>

namespace waystation {

namespace {

QString tokensText(const CallRecord& record, Tokens count)
{
    return record.usageKind == UsageKind::None ? QStringLiteral("\u2013") : countText(count);
}

QString modelText(const CallRecord& record)
{
    const QString asked = fromUtf8(record.askedModel.text());
    if (record.servedModel.isEmpty() || record.servedModel == record.askedModel)
        return singleLine(asked);
    return singleLine(asked + QStringLiteral(" \u2192 ") + fromUtf8(record.servedModel.text()));
}

QString cellText(const CallRecord& record, int column)
{
    switch (column) {
    case CallsModel::Time:
        return timeText(record.startedAt, wallNow());
    case CallsModel::Client:
        return singleLine(fromUtf8(record.clientName));
    case CallsModel::Model:
        return modelText(record);
    case CallsModel::Channel:
        return record.channelName.empty() ? QStringLiteral("\u2013")
                                          : singleLine(fromUtf8(record.channelName));
    case CallsModel::OutcomeColumn:
        return outcomeText(record);
    case CallsModel::FirstToken:
        return durationText(record.timings.firstToken);
    case CallsModel::Duration:
        return durationText(record.timings.end);
    case CallsModel::Input:
        return tokensText(record, record.usage.input);
    case CallsModel::Cached:
        return tokensText(record, record.usage.cacheRead);
    case CallsModel::Output:
        return tokensText(record, record.usage.output);
    case CallsModel::CostColumn:
        break;
    }
    if (record.usageKind == UsageKind::None && !record.cost)
        return QStringLiteral("\u2013");
    return costText(record.cost);
}

}

CallsModel::CallsModel(QObject* parent)
    : QAbstractTableModel(parent)
{
}

void CallsModel::reset(CallsPage page)
{
    beginResetModel();
    m_rows.assign(
        std::make_move_iterator(page.rows.begin()), std::make_move_iterator(page.rows.end()));
    m_more = page.more;
    m_asked = false;
    endResetModel();
}

void CallsModel::append(CallsPage page)
{
    m_asked = false;
    m_more = page.more && !page.rows.empty();
    if (page.rows.empty())
        return;
    const auto first = static_cast<int>(m_rows.size());
    beginInsertRows({}, first, first + static_cast<int>(page.rows.size()) - 1);
    std::move(page.rows.begin(), page.rows.end(), std::back_inserter(m_rows));
    endInsertRows();
}

void CallsModel::prepend(std::vector<CallRow> rows)
{
    const std::int64_t newest = newestRow();
    rows.erase(std::remove_if(rows.begin(), rows.end(),
                   [newest](const CallRow& row) { return row.row <= newest; }),
        rows.end());
    if (rows.empty())
        return;
    beginInsertRows({}, 0, static_cast<int>(rows.size()) - 1);
    m_rows.insert(
        m_rows.begin(), std::make_move_iterator(rows.begin()), std::make_move_iterator(rows.end()));
    endInsertRows();
    if (m_rows.size() > mostRows) {
        beginRemoveRows({}, static_cast<int>(mostRows), static_cast<int>(m_rows.size()) - 1);
        m_rows.resize(mostRows);
        endRemoveRows();
        m_more = true;
    }
}

std::int64_t CallsModel::newestRow() const
{
    return m_rows.empty() ? 0 : m_rows.front().row;
}

std::int64_t CallsModel::oldestRow() const
{
    return m_rows.empty() ? 0 : m_rows.back().row;
}

const CallRow* CallsModel::rowAt(const QModelIndex& index) const
{
    return index.isValid() && index.row() < rowCount()
        ? &m_rows[static_cast<std::size_t>(index.row())]
        : nullptr;
}

int CallsModel::rowOf(const CallId& id) const
{
    const auto found = std::find_if(
        m_rows.begin(), m_rows.end(), [&id](const CallRow& row) { return row.record.id == id; });
    return found == m_rows.end() ? -1 : static_cast<int>(found - m_rows.begin());
}

int CallsModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

int CallsModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(columnsCount);
}

QVariant CallsModel::data(const QModelIndex& index, int role) const
{
    const CallRow* row = rowAt(index);
    if (!row)
        return {};
    if (role == Qt::DisplayRole)
        return cellText(row->record, index.column());
    if (role == Qt::TextAlignmentRole)
        return static_cast<int>(
            (index.column() >= FirstToken ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    if (role == ToneRole && index.column() == OutcomeColumn)
        return static_cast<int>(toneOf(row->record));
    if (role == Qt::ToolTipRole && index.column() == OutcomeColumn && row->record.error)
        return plainToolTip(singleLine(fromUtf8(row->record.error->message)));
    return {};
}

QVariant CallsModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole)
        return static_cast<int>(
            (section >= FirstToken ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    if (role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Time:
        return tr("Time");
    case Client:
        return tr("Client");
    case Model:
        return tr("Model");
    case Channel:
        return tr("Channel");
    case OutcomeColumn:
        return tr("Outcome");
    case FirstToken:
        return tr("First token");
    case Duration:
        return tr("Duration");
    case Input:
        //: tokens of a call
        return tr("Input");
    case Cached:
        //: tokens of a call
        return tr("Cached");
    case Output:
        //: tokens of a call
        return tr("Output");
    case CostColumn:
        return tr("Cost");
    }
    return {};
}

bool CallsModel::canFetchMore(const QModelIndex& parent) const
{
    return !parent.isValid() && m_more && !m_asked;
}

void CallsModel::fetchMore(const QModelIndex& parent)
{
    if (!canFetchMore(parent))
        return;
    m_asked = true;
    Q_EMIT wantMore();
}

}
