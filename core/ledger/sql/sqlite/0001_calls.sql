-- One row a call. What repeats (names, models, user agents) is an id of `names`; 0 stands for the empty text.
CREATE TABLE names (
    id INTEGER PRIMARY KEY,
    text TEXT NOT NULL UNIQUE
);

-- Times are microseconds: started_at since 1970 in UTC, t_* spans from the start. Money is micro-dollars.
-- outcome: 0 done, 1 cancelled by client, 2 cancelled by user, 3 cut, 4 refused, 5 failed.
-- usage_kind: 0 none, 1 reported, 2 estimated. The columns that filters look at stand first.
CREATE TABLE calls (
    id INTEGER PRIMARY KEY,
    call_id TEXT NOT NULL UNIQUE,
    started_at INTEGER NOT NULL,
    outcome INTEGER NOT NULL,
    client INTEGER NOT NULL,
    channel INTEGER NOT NULL,
    asked INTEGER NOT NULL,
    served INTEGER NOT NULL,
    answered INTEGER NOT NULL,
    error_message TEXT,
    cost INTEGER,
    t_end INTEGER,
    utc_offset INTEGER NOT NULL,
    client_id INTEGER NOT NULL,
    user_agent INTEGER NOT NULL,
    dialect INTEGER NOT NULL,
    operation INTEGER NOT NULL,
    stream INTEGER NOT NULL,
    channel_id INTEGER NOT NULL,
    key_label INTEGER NOT NULL,
    status INTEGER NOT NULL,
    error_kind INTEGER NOT NULL,
    error_field TEXT,
    error_retry_ms INTEGER,
    t_queue INTEGER,
    t_connect INTEGER,
    t_tls INTEGER,
    t_first_byte INTEGER,
    t_first_token INTEGER,
    usage_kind INTEGER NOT NULL,
    input INTEGER NOT NULL,
    cache_read INTEGER NOT NULL,
    cache_write_5m INTEGER NOT NULL,
    cache_write_1h INTEGER NOT NULL,
    output INTEGER NOT NULL,
    reasoning INTEGER NOT NULL,
    audio_in INTEGER NOT NULL,
    audio_out INTEGER NOT NULL,
    image_in INTEGER NOT NULL,
    image_out INTEGER NOT NULL,
    tool_prompt INTEGER NOT NULL,
    web_searches INTEGER NOT NULL,
    images INTEGER NOT NULL,
    audio_ms INTEGER NOT NULL,
    characters INTEGER NOT NULL,
    search_units INTEGER NOT NULL,
    tier INTEGER NOT NULL,
    vendor_cost INTEGER,
    price_source INTEGER NOT NULL,
    request_bytes INTEGER NOT NULL,
    reply_bytes INTEGER NOT NULL,
    upstream_id TEXT,
    practice INTEGER NOT NULL
);

CREATE INDEX calls_time ON calls (started_at);
CREATE INDEX calls_client ON calls (client);
CREATE INDEX calls_channel ON calls (channel);
CREATE INDEX calls_asked ON calls (asked);
CREATE INDEX calls_served ON calls (served);
CREATE INDEX calls_failed ON calls (id) WHERE outcome <> 0;

-- Attempts, route and warnings, which only the detail pane reads.
CREATE TABLE call_details (
    call INTEGER PRIMARY KEY,
    json TEXT,
    formula TEXT
);
