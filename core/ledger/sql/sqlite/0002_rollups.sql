-- Sums that outlive the rows. The model is the served one, or the asked one where none was served.
CREATE TABLE hourly (
    hour INTEGER NOT NULL,
    model INTEGER NOT NULL,
    channel INTEGER NOT NULL,
    client INTEGER NOT NULL,
    calls INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    unpriced INTEGER NOT NULL,
    estimated INTEGER NOT NULL,
    input INTEGER NOT NULL,
    cache_read INTEGER NOT NULL,
    cache_write INTEGER NOT NULL,
    output INTEGER NOT NULL,
    reasoning INTEGER NOT NULL,
    cost INTEGER NOT NULL,
    PRIMARY KEY (hour, model, channel, client)
) WITHOUT ROWID;

-- Time to the first token: bucket b holds 1.15^b to 1.15^(b+1) milliseconds. `tokens` came in `micros` of streaming.
CREATE TABLE latency (
    hour INTEGER NOT NULL,
    channel INTEGER NOT NULL,
    bucket INTEGER NOT NULL,
    calls INTEGER NOT NULL,
    tokens INTEGER NOT NULL,
    micros INTEGER NOT NULL,
    PRIMARY KEY (hour, channel, bucket)
) WITHOUT ROWID;

-- kept_since: rows of calls that started earlier may have been deleted.
CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) WITHOUT ROWID;

INSERT INTO hourly
SELECT started_at / 3600000000, CASE served WHEN 0 THEN asked ELSE served END, channel, client,
    count(*), sum(outcome > 1), sum(cost IS NULL AND usage_kind <> 0), sum(usage_kind = 2),
    sum(input), sum(cache_read), sum(cache_write_5m + cache_write_1h), sum(output), sum(reasoning), sum(ifnull(cost, 0))
FROM calls
GROUP BY 1, 2, 3, 4;

WITH RECURSIVE bounds (bucket, low, high) AS (
    SELECT 0, -1.0, 1150.0
    UNION ALL
    SELECT bucket + 1, high, CASE WHEN bucket < 118 THEN high * 1.15 ELSE 1e18 END FROM bounds WHERE bucket < 119
)
INSERT INTO latency
SELECT started_at / 3600000000, channel, bucket, count(*),
    sum(CASE WHEN stream AND t_end > t_first_token AND output > 0 THEN output ELSE 0 END),
    sum(CASE WHEN stream AND t_end > t_first_token AND output > 0 THEN t_end - t_first_token ELSE 0 END)
FROM calls JOIN bounds ON t_first_token >= low AND t_first_token < high
WHERE t_first_token IS NOT NULL
GROUP BY 1, 2, 3;
