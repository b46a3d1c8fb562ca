#pragma once

#include "ledger/report.h"
#include "ui/models/rows_model.h"

#include <QAbstractTableModel>

#include <deque>

namespace waystation {

/// The log, newest first, a page at a time. Rows come from outside: wantMore() asks for an older
/// page.
class CallsModel : public QAbstractTableModel
{
    Q_OBJECT
public:
    enum Columns {
        Time,
        Client,
        Model,
        Channel,
        OutcomeColumn,
        FirstToken,
        Duration,
        Input,
        Cached,
        Output,
        CostColumn,
        columnsCount
    };

    explicit CallsModel(QObject* parent = nullptr);

    /// A first page, of another filter: replaces everything.
    void reset(CallsPage page);
    /// An older page.
    void append(CallsPage page);
    /// Rows newer than newestRow(), newest first. Beyond `mostRows` the oldest leave (they can be
    /// fetched again).
    void prepend(std::vector<CallRow> rows);

    std::int64_t newestRow() const;
    std::int64_t oldestRow() const;
    const CallRow* rowAt(const QModelIndex& index) const;
    int rowOf(const CallId& id) const;
    static constexpr std::size_t mostRows = 20'000;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
    bool canFetchMore(const QModelIndex& parent) const override;
    void fetchMore(const QModelIndex& parent) override;

Q_SIGNALS:
    void wantMore();

private:
    std::deque<CallRow> m_rows;
    bool m_more = false;
    bool m_asked = false; // a page is on its way
};

}
