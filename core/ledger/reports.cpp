#include "ledger/reports.h"

#include "ledger/columns.h"
#include "ledger/rollup.h"

#include <QFileInfo>
#include <QVariantList>

#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>
#include <functional>
#include <limits>
#include <map>

namespace waystation {

namespace {

constexpr std::size_t mostNames = 20'000;
constexpr int mostRows = 10'000; // of one page
constexpr int mostTasks = 10'000;
constexpr int shortScan = 5'000; // newest rows that are looked at before an index is asked
constexpr std::int64_t microsPerMinute = 60'000'000;
constexpr int minutesPerDay = 24 * 60;

std::string toStd(const QVariant& value)
{
    return value.toString().toStdString();
}

/// Reads the columns of a row in the order of the walk.
class Reading
{
public:
    Reading(
        const QSqlQuery& query, int first, std::function<const std::string&(std::int64_t)> nameOf)
        : m_query(query)
        , m_next(first)
        , m_nameOf(std::move(nameOf))
    {
    }

    template <class T> void id(const char*, T& value) { value = T(toStd(next())); }

    void time(const char*, TimePoint& when) { when = fromMicrosSinceEpoch(next().toLongLong()); }

    void outcome(const char*, Outcome& outcome) { outcome = outcomeOfCode(next().toInt()); }

    void usageKind(const char*, UsageKind& kind) { kind = usageKindOfCode(next().toInt()); }

    void name(const char*, std::string& text) { text = nextName(); }

    template <class T> void nameId(const char*, T& value) { value = T(nextName()); }

    template <class T> void number(const char*, T& value)
    {
        value = static_cast<T>(next().toLongLong());
    }

    void number(const char*, bool& value) { value = next().toLongLong() != 0; }

    void text(const char*, std::string& text) { text = toStd(next()); }

    template <class T, class From> void word(const char*, T& value, From from)
    {
        if (const auto known = from(nextName()))
            value = *known;
    }

    void money(const char*, std::optional<MicroUsd>& money)
    {
        if (const QVariant value = next(); !value.isNull())
            money = MicroUsd{value.toLongLong()};
    }

    void span(const char*, std::optional<Micros>& span)
    {
        if (const QVariant value = next(); !value.isNull())
            span = Micros(value.toLongLong());
    }

    void error(std::optional<Error>& error)
    {
        const auto kind = errorKindFrom(nextName());
        Error found{kind.value_or(ErrorKind::Internal), toStd(next()), toStd(next()), {}};
        if (const QVariant wait = next(); !wait.isNull())
            found.retryAfter = std::chrono::milliseconds(wait.toLongLong());
        if (kind)
            error = std::move(found);
    }

private:
    QVariant next() { return m_query.value(m_next++); }

    const std::string& nextName() { return m_nameOf(next().toLongLong()); }

    const QSqlQuery& m_query;
    int m_next;
    std::function<const std::string&(std::int64_t)> m_nameOf;
};

struct Conditions
{
    QStringList parts;
    QVariantList values;

    void add(const QString& part, const QVariantList& bound = {})
    {
        parts << part;
        values += bound;
    }

    QString where() const
    {
        return parts.isEmpty() ? QString()
                               : QStringLiteral(" WHERE ") + parts.join(QStringLiteral(" AND "));
    }
};

/// `text` anywhere, taken literally.
QString likePattern(const std::string& text)
{
    QString pattern = fromStd(text);
    for (const char16_t special : {u'\\', u'%', u'_'})
        pattern.replace(QChar(special), QLatin1Char('\\') + QString(QChar(special)));
    return QLatin1Char('%') + pattern + QLatin1Char('%');
}

std::string dayText(std::int64_t day)
{
    const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(day))};
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02u-%02u", static_cast<int>(date.year()),
        static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
    return text.data();
}

std::string hourText(std::int64_t hour)
{
    std::array<char, 16> text{};
    std::snprintf(text.data(), text.size(), "T%02d:00Z", static_cast<int>(hour % 24));
    return dayText(hour / 24) + text.data();
}

QString keyColumn(GroupBy by, int utcOffsetMinutes)
{
    switch (by) {
    case GroupBy::Model:
        return QStringLiteral("model");
    case GroupBy::Channel:
        return QStringLiteral("channel");
    case GroupBy::Client:
        return QStringLiteral("client");
    case GroupBy::Hour:
        return QStringLiteral("t / %1").arg(microsPerHour);
    case GroupBy::Day:
        return QStringLiteral("(t / %1 + %2) / %3")
            .arg(microsPerMinute)
            .arg(utcOffsetMinutes)
            .arg(minutesPerDay);
    case GroupBy::None:
        break;
    }
    return QStringLiteral("0");
}

bool isTime(GroupBy by)
{
    return by == GroupBy::Hour || by == GroupBy::Day;
}

}

CallsPage Reports::calls(const CallsQuery& query)
{
    CallsPage page;
    const int limit = std::clamp(query.limit, 1, mostRows);
    std::vector<std::int64_t> ids = idsOf(query, limit + 1);
    page.more = static_cast<int>(ids.size()) > limit;
    if (page.more)
        ids.pop_back();
    readRows(ids, page.rows);
    return page;
}

std::vector<std::int64_t> Reports::idsOf(const CallsQuery& query, int most)
{
    const CallFilter& filter = query.filter;
    Conditions conditions;
    QString index;
    QString with;
    std::int64_t model = -1;
    const auto equals = [&](const char* column, const std::string& text, const char* itsIndex) {
        conditions.add(
            QStringLiteral("%1 = ?").arg(QLatin1String(column)), {qint64(idOfName(text))});
        if (index.isEmpty())
            index = QLatin1String(itsIndex);
    };

    QVariantList withValues;
    if (!filter.text.empty()) {
        const QString pattern = likePattern(filter.text);
        with = QStringLiteral(
            "WITH hits (id) AS MATERIALIZED (SELECT id FROM names WHERE text LIKE ? ESCAPE '\\') ");
        withValues << pattern;
        conditions.add(
            QStringLiteral(
                "(asked IN (SELECT id FROM hits) OR served IN (SELECT id FROM hits) "
                "OR answered IN (SELECT id FROM hits) OR client IN (SELECT id FROM hits) "
                "OR channel IN (SELECT id FROM hits) OR error_message LIKE ? ESCAPE '\\')"),
            {pattern});
    }
    if (!filter.client.empty())
        equals("client", filter.client, "calls_client");
    if (!filter.channel.empty())
        equals("channel", filter.channel, "calls_channel");
    if (!filter.model.empty())
        model = idOfName(filter.model);
    if (filter.failedOnly) {
        conditions.add(QStringLiteral("outcome <> 0"));
        if (index.isEmpty() && filter.model.empty())
            index = QStringLiteral("calls_failed");
    }
    if (filter.from)
        conditions.add(QStringLiteral("started_at >= ?"), {qint64(microsSinceEpoch(*filter.from))});
    if (filter.until)
        conditions.add(QStringLiteral("started_at < ?"), {qint64(microsSinceEpoch(*filter.until))});
    if (query.afterRow > 0)
        conditions.add(QStringLiteral("id > ?"), {qint64(query.afterRow)});

    const bool isSorted = filter.costlyFirst || filter.slowFirst;
    const QString sorted = filter.costlyFirst ? QStringLiteral("ifnull(cost, -1)")
                                              : QStringLiteral("ifnull(t_end, -1)");
    if (query.beforeRow > 0 && isSorted) {
        conditions.add(
            QStringLiteral("(%1, id) < (SELECT %1, id FROM calls WHERE id = ?)").arg(sorted),
            {qint64(query.beforeRow)});
    } else if (query.beforeRow > 0) {
        conditions.add(QStringLiteral("id < ?"), {qint64(query.beforeRow)});
    }

    const auto select = [&](const Conditions& all, const QString& by, const QString& order) {
        const QString indexed = by.isEmpty() ? QString() : QStringLiteral(" INDEXED BY ") + by;
        return QStringLiteral("SELECT id FROM calls%1%2 ORDER BY %3 LIMIT %4")
            .arg(indexed, all.where(), order)
            .arg(most);
    };
    const auto ids = [&](const QString& sql, const QVariantList& values) {
        std::vector<std::int64_t> found;
        QSqlQuery answer = m_database.query();
        if (!m_database.prepare(answer, with + sql))
            return found;
        for (const QVariant& value : withValues)
            answer.addBindValue(value);
        for (const QVariant& value : values)
            answer.addBindValue(value);
        if (!m_database.execute(answer))
            return found;
        while (answer.next())
            found.push_back(answer.value(0).toLongLong());
        if (answer.lastError().isValid())
            m_database.noteFault(answer.lastError());
        return found;
    };
    const QString newest = QStringLiteral("id DESC");

    if (isSorted) {
        if (!filter.model.empty())
            conditions.add(
                QStringLiteral("(served = ? OR asked = ?)"), {qint64(model), qint64(model)});
        return ids(
            select(conditions, {}, sorted + QStringLiteral(" DESC, id DESC")), conditions.values);
    }
    if (!filter.model.empty()) {
        Conditions served = conditions;
        served.add(QStringLiteral("served = ?"), {qint64(model)});
        Conditions asked = conditions;
        asked.add(QStringLiteral("asked = ?"), {qint64(model)});
        // With an index of its own each half stops after a page.
        const QString sql = QStringLiteral(
            "SELECT id FROM (%1) UNION SELECT id FROM (%2) ORDER BY id DESC LIMIT %3")
                                .arg(select(served, QStringLiteral("calls_served"), newest),
                                    select(asked, QStringLiteral("calls_asked"), newest))
                                .arg(most);
        return ids(sql, served.values + asked.values);
    }
    const bool onlyTime = index.isEmpty() && filter.text.empty() && (filter.from || filter.until);
    if (onlyTime) {
        // Mostly the newest rows are asked for, and their order by number costs no sort.
        const auto top = query.beforeRow > 0
            ? std::optional(query.beforeRow)
            : m_database.number(QStringLiteral("SELECT ifnull(max(id), 0) FROM calls"));
        Conditions near = conditions;
        near.add(QStringLiteral("id > ?"), {qint64(top.value_or(0) - shortScan)});
        const auto found = ids(select(near, {}, newest), near.values);
        if (static_cast<int>(found.size()) >= most)
            return found;
        index = QStringLiteral("calls_time");
    }
    return ids(select(conditions, index, newest), conditions.values);
}

void Reports::readRows(const std::vector<std::int64_t>& ids, std::vector<CallRow>& rows)
{
    if (ids.empty())
        return;
    std::string list;
    std::unordered_map<std::int64_t, std::size_t> places;
    for (std::size_t i = 0; i < ids.size(); ++i) {
        list += (i > 0 ? "," : "") + std::to_string(ids[i]);
        places.emplace(ids[i], i);
    }
    rows.resize(ids.size());
    QSqlQuery query = m_database.query();
    const std::string sql = "SELECT formula, id, " + columnList()
        + " FROM calls LEFT JOIN call_details ON call = id WHERE id IN (" + list + ")";
    if (!query.exec(fromStd(sql))) {
        m_database.noteFault(query.lastError());
        rows.clear();
        return;
    }
    while (query.next()) {
        const std::int64_t id = query.value(1).toLongLong();
        CallRow& row = rows[places.at(id)];
        row.row = id;
        Reading reading(
            query, 2, [this](std::int64_t nameId) -> const std::string& { return name(nameId); });
        eachColumn(reading, row.record);
        row.record.costFormula = toStd(query.value(0));
    }
    if (query.lastError().isValid())
        m_database.noteFault(query.lastError());
    // A row may have been deleted between the two statements.
    std::erase_if(rows, [](const CallRow& row) { return row.row == 0; });
}

std::optional<CallRecord> Reports::call(const CallId& id)
{
    QSqlQuery* find = m_database.prepared("SELECT id FROM calls WHERE call_id = ?");
    if (!find)
        return std::nullopt;
    find->bindValue(0, fromStd(id.text()));
    if (!m_database.execute(*find))
        return std::nullopt;
    std::int64_t row = 0;
    if (find->next())
        row = find->value(0).toLongLong();
    find->finish();
    std::vector<CallRow> rows;
    if (row > 0)
        readRows({row}, rows);
    if (rows.empty())
        return std::nullopt;
    CallRecord& record = rows.front().record;

    if (QSqlQuery* detail = m_database.prepared(
            "SELECT json FROM call_details WHERE call = ? AND json IS NOT NULL")) {
        detail->bindValue(0, qint64(row));
        if (m_database.execute(*detail) && detail->next())
            detailFromJson(toStd(detail->value(0)), record);
        detail->finish();
    }
    if (QSqlQuery* task = m_database.prepared(
            "SELECT task_id, channel, key, dialect, made FROM tasks WHERE call = ?")) {
        task->bindValue(0, qint64(row));
        if (m_database.execute(*task) && task->next()) {
            record.task = TaskBinding{toStd(task->value(0)), ChannelId(toStd(task->value(1))),
                KeyId(toStd(task->value(2))),
                dialectFrom(toStd(task->value(3))).value_or(DialectId::OpenaiChat),
                fromMicrosSinceEpoch(task->value(4).toLongLong())};
        }
        task->finish();
    }
    return std::move(record);
}

std::vector<UsageRow> Reports::usage(const UsageQuery& query)
{
    std::vector<UsageRow> rows;
    const std::int64_t from = microsSinceEpoch(query.from);
    const std::int64_t until = microsSinceEpoch(query.until);
    if (from >= until)
        return rows;
    const auto keptSince = m_database.number(
        QStringLiteral("SELECT ifnull(max(value), 0) FROM meta WHERE key = 'kept_since'"));
    if (!keptSince)
        return rows;

    const std::int64_t firstHour = from / microsPerHour + (from % microsPerHour > 0 ? 1 : 0);
    const std::int64_t endHour = until / microsPerHour;
    QStringList sources;
    std::int64_t wholeFrom = firstHour;
    std::int64_t wholeUntil = endHour;
    const auto addRows = [&](std::int64_t since, std::int64_t to) {
        sources << QStringLiteral(
            "SELECT started_at AS t, CASE served WHEN 0 THEN asked ELSE served END AS model, "
            "channel, client, "
            "1 AS calls, outcome > 1 AS failed, cost IS NULL AND usage_kind <> 0 AS unpriced, "
            "usage_kind = 2 AS estimated, input, cache_read, cache_write_5m + cache_write_1h AS "
            "cache_write, "
            "output, reasoning, ifnull(cost, 0) AS cost FROM calls WHERE started_at >= %1 AND "
            "started_at < %2")
                       .arg(since)
                       .arg(to);
    };
    const auto isKept = [&](std::int64_t since) { return since >= *keptSince; };
    if (firstHour > endHour) { // both in one hour
        if (isKept(from))
            addRows(from, until);
        wholeUntil = wholeFrom;
    } else {
        if (from < firstHour * microsPerHour && isKept(from))
            addRows(from, firstHour * microsPerHour);
        if (endHour * microsPerHour < until) {
            if (isKept(endHour * microsPerHour))
                addRows(endHour * microsPerHour, until);
            else
                ++wholeUntil;
        }
    }
    if (wholeFrom < wholeUntil) {
        sources.prepend(QStringLiteral("SELECT hour * %1 AS t, model, channel, client, calls, "
                                       "failed, unpriced, estimated, input, "
                                       "cache_read, cache_write, output, reasoning, cost FROM "
                                       "hourly WHERE hour >= %2 AND hour < %3")
                            .arg(microsPerHour)
                            .arg(wholeFrom)
                            .arg(wholeUntil));
    }
    if (sources.isEmpty())
        return rows;

    QSqlQuery answer = m_database.query();
    const QString sql = QStringLiteral(
        "SELECT %1 AS k, %2 AS s, sum(calls), sum(failed), sum(unpriced), sum(estimated), "
        "sum(input), "
        "sum(cache_read), sum(cache_write), sum(output), sum(reasoning), sum(cost) FROM (%3) "
        "GROUP BY k, s ORDER BY k, s")
                            .arg(keyColumn(query.groupBy, query.utcOffsetMinutes),
                                keyColumn(query.splitBy, query.utcOffsetMinutes),
                                sources.join(QStringLiteral(" UNION ALL ")));
    if (!answer.exec(sql)) {
        m_database.noteFault(answer.lastError());
        return rows;
    }
    const auto keyText = [&](GroupBy by, std::int64_t key) -> std::string {
        if (by == GroupBy::None)
            return {};
        if (by == GroupBy::Day)
            return dayText(key);
        return by == GroupBy::Hour ? hourText(key) : name(key);
    };
    while (answer.next()) {
        UsageRow& row = rows.emplace_back();
        row.key = keyText(query.groupBy, answer.value(0).toLongLong());
        row.split = keyText(query.splitBy, answer.value(1).toLongLong());
        row.calls = answer.value(2).toLongLong();
        row.failed = answer.value(3).toLongLong();
        row.unpriced = answer.value(4).toLongLong();
        row.estimated = answer.value(5).toLongLong();
        row.input = answer.value(6).toLongLong();
        row.cacheRead = answer.value(7).toLongLong();
        row.cacheWrite = answer.value(8).toLongLong();
        row.output = answer.value(9).toLongLong();
        row.reasoning = answer.value(10).toLongLong();
        row.cost = {answer.value(11).toLongLong()};
    }
    if (answer.lastError().isValid())
        m_database.noteFault(answer.lastError());
    std::stable_sort(rows.begin(), rows.end(), [&](const UsageRow& a, const UsageRow& b) {
        if (isTime(query.groupBy) && a.key != b.key)
            return a.key < b.key;
        if (isTime(query.splitBy) && !isTime(query.groupBy))
            return a.key != b.key ? a.key < b.key : a.split < b.split;
        return a.cost != b.cost ? a.cost > b.cost : a.calls > b.calls;
    });
    return rows;
}

Millis percentileOf(const std::vector<std::int64_t>& counts, double share)
{
    std::int64_t total = 0;
    for (const std::int64_t count : counts)
        total += count;
    if (total == 0)
        return Millis(0);
    const auto rank = std::max<std::int64_t>(
        1, static_cast<std::int64_t>(std::ceil(share * static_cast<double>(total))));
    std::int64_t seen = 0;
    for (std::size_t bucket = 0; bucket < counts.size(); ++bucket) {
        seen += counts[bucket];
        if (seen >= rank)
            return Millis(std::llround(middleMillisOf(static_cast<int>(bucket))));
    }
    return Millis(0);
}

std::vector<SpeedRow> Reports::speed(TimePoint from, TimePoint until)
{
    std::vector<SpeedRow> rows;
    QSqlQuery* query = m_database.prepared(
        "SELECT channel, bucket, sum(calls), sum(tokens), sum(micros) FROM latency "
        "WHERE hour >= ? AND hour <= ? GROUP BY channel, bucket");
    if (!query)
        return rows;
    query->bindValue(0, qint64(hourOf(from)));
    query->bindValue(1, qint64(hourOf(until - Micros(1))));
    if (!m_database.execute(*query))
        return rows;

    struct Sums
    {
        std::vector<std::int64_t> counts = std::vector<std::int64_t>(latencyBuckets);
        std::int64_t calls = 0;
        std::int64_t tokens = 0;
        std::int64_t micros = 0;
    };

    std::map<std::string, Sums> channels;
    Sums all;
    while (query->next()) {
        const auto bucket
            = static_cast<std::size_t>(std::clamp(query->value(1).toInt(), 0, latencyBuckets - 1));
        for (Sums* sums : {&all, &channels[name(query->value(0).toLongLong())]}) {
            sums->counts[bucket] += query->value(2).toLongLong();
            sums->calls += query->value(2).toLongLong();
            sums->tokens += query->value(3).toLongLong();
            sums->micros += query->value(4).toLongLong();
        }
    }
    query->finish();
    const auto add = [&](const std::string& channel, const Sums& sums) {
        const double seconds = static_cast<double>(sums.micros) / 1e6;
        rows.push_back(
            {channel, sums.calls, percentileOf(sums.counts, 0.5), percentileOf(sums.counts, 0.95),
                seconds > 0 ? static_cast<double>(sums.tokens) / seconds : 0});
    };
    if (all.calls > 0)
        add({}, all);
    for (const auto& [channel, sums] : channels) {
        if (!channel.empty())
            add(channel, sums);
    }
    return rows;
}

std::vector<ChannelStrip> Reports::strips(TimePoint now)
{
    constexpr int slotCount = 60;
    std::vector<ChannelStrip> strips;
    QSqlQuery* query = m_database.prepared(
        "SELECT channel, (started_at - ? - 1) / 60000000 AS slot, sum(outcome IN (0, 1)), "
        "sum(outcome > 2) FROM calls WHERE started_at > ? AND started_at <= ? AND channel <> 0 "
        "GROUP BY channel, slot");
    if (!query)
        return strips;
    const std::int64_t until = microsSinceEpoch(now);
    const std::int64_t from = until - slotCount * microsPerMinute;
    query->bindValue(0, qint64(from));
    query->bindValue(1, qint64(from));
    query->bindValue(2, qint64(until));
    if (!m_database.execute(*query))
        return strips;
    std::map<std::string, std::vector<ChannelStrip::Slot>> channels;
    while (query->next()) {
        auto& slots = channels[name(query->value(0).toLongLong())];
        slots.resize(slotCount);
        const auto slot
            = static_cast<std::size_t>(std::clamp(query->value(1).toInt(), 0, slotCount - 1));
        slots[slot] = {query->value(2).toInt(), query->value(3).toInt()};
    }
    query->finish();
    for (auto& [channel, slots] : channels)
        strips.push_back({channel, std::move(slots)});
    return strips;
}

std::vector<TaskBinding> Reports::tasks(TimePoint since)
{
    std::vector<TaskBinding> tasks;
    QSqlQuery* query = m_database.prepared("SELECT task_id, channel, key, dialect, made FROM tasks "
                                           "WHERE made >= ? ORDER BY made DESC LIMIT ?");
    if (!query)
        return tasks;
    query->bindValue(0, qint64(microsSinceEpoch(since)));
    query->bindValue(1, mostTasks);
    if (!m_database.execute(*query))
        return tasks;
    while (query->next()) {
        const auto dialect = dialectFrom(toStd(query->value(3)));
        if (!dialect)
            continue;
        tasks.push_back({toStd(query->value(0)), ChannelId(toStd(query->value(1))),
            KeyId(toStd(query->value(2))), *dialect,
            fromMicrosSinceEpoch(query->value(4).toLongLong())});
    }
    query->finish();
    std::reverse(tasks.begin(), tasks.end());
    return tasks;
}

void Reports::figures(LedgerFigures& figures)
{
    figures.rows = m_database.number(QStringLiteral("SELECT count(*) FROM calls")).value_or(0);
    const auto oldest
        = m_database.number(QStringLiteral("SELECT ifnull(min(started_at), -1) FROM calls"));
    if (oldest && *oldest >= 0)
        figures.oldest = fromMicrosSinceEpoch(*oldest);
}

const std::string& Reports::name(std::int64_t id)
{
    static const std::string none;
    if (id == 0)
        return none;
    if (const auto known = m_names.find(id); known != m_names.end())
        return known->second;
    QSqlQuery* query = m_database.prepared("SELECT text FROM names WHERE id = ?");
    if (!query)
        return none;
    query->bindValue(0, qint64(id));
    if (!m_database.execute(*query) || !query->next()) {
        query->finish();
        return none;
    }
    std::string text = toStd(query->value(0));
    query->finish();
    if (m_names.size() >= mostNames)
        m_names.clear();
    return m_names.emplace(id, std::move(text)).first->second;
}

std::int64_t Reports::idOfName(const std::string& text)
{
    QSqlQuery* query = m_database.prepared("SELECT id FROM names WHERE text = ?");
    if (!query)
        return -1;
    query->bindValue(0, fromStd(text));
    std::int64_t id = -1;
    if (m_database.execute(*query) && query->next())
        id = query->value(0).toLongLong();
    query->finish();
    return id;
}

}
