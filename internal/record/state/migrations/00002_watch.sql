-- What detection found and what people make of it. Times are nanoseconds since
-- 1970 UTC, severities are 0 (info) to 4 (critical); body holds what nothing is
-- selected by, evidence the 16-byte ids of events one after another.

-- +goose Up
CREATE TABLE security_anomalies (
    seq          INTEGER PRIMARY KEY AUTOINCREMENT,
    id           TEXT    NOT NULL UNIQUE,
    rule_id      TEXT    NOT NULL,
    type         TEXT    NOT NULL,
    severity     INTEGER NOT NULL CHECK (severity BETWEEN 0 AND 4),
    confidence   REAL    NOT NULL CHECK (confidence BETWEEN 0 AND 1),
    status       TEXT    NOT NULL CHECK (status IN ('open', 'resolved')),
    entity_type  TEXT    NOT NULL,
    entity_value TEXT    NOT NULL,
    count        INTEGER NOT NULL,
    first_seen   INTEGER NOT NULL,
    last_seen    INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    resolved_at  INTEGER NOT NULL,
    evidence     BLOB    NOT NULL CHECK (length(evidence) % 16 = 0),
    body         TEXT    NOT NULL CHECK (json_valid(body))
) STRICT;
CREATE INDEX security_anomalies_by_type ON security_anomalies (type, seq);
CREATE INDEX security_anomalies_by_severity ON security_anomalies (severity, seq);
CREATE INDEX security_anomalies_by_status ON security_anomalies (status, seq);
CREATE INDEX security_anomalies_by_entity ON security_anomalies (entity_value, seq);
CREATE INDEX security_anomalies_open ON security_anomalies (rule_id, entity_value, entity_type, seq) WHERE status = 'open';

CREATE TABLE findings (
    seq          INTEGER PRIMARY KEY AUTOINCREMENT,
    id           TEXT    NOT NULL UNIQUE,
    run          TEXT    NOT NULL,
    anomaly_id   TEXT    NOT NULL REFERENCES security_anomalies (id),
    rule_id      TEXT    NOT NULL,
    severity     INTEGER NOT NULL CHECK (severity BETWEEN 0 AND 4),
    confidence   REAL    NOT NULL CHECK (confidence BETWEEN 0 AND 1),
    value        INTEGER NOT NULL,
    threshold    INTEGER NOT NULL,
    events       INTEGER NOT NULL,
    first_seen   INTEGER NOT NULL,
    last_seen    INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    ord          INTEGER NOT NULL,
    evidence     BLOB    NOT NULL CHECK (length(evidence) % 16 = 0)
) STRICT;
CREATE INDEX findings_by_anomaly ON findings (anomaly_id, seq);

-- Which anomaly a run of findings goes to now.
CREATE TABLE finding_runs (
    run        TEXT PRIMARY KEY,
    anomaly_id TEXT NOT NULL REFERENCES security_anomalies (id)
) STRICT, WITHOUT ROWID;

CREATE TABLE security_alerts (
    seq             INTEGER PRIMARY KEY AUTOINCREMENT,
    id              TEXT    NOT NULL UNIQUE,
    rule_id         TEXT    NOT NULL,
    severity        INTEGER NOT NULL CHECK (severity BETWEEN 0 AND 4),
    status          TEXT    NOT NULL CHECK (status IN ('active', 'acknowledged', 'resolved')),
    entity_type     TEXT    NOT NULL,
    entity_value    TEXT    NOT NULL,
    count           INTEGER NOT NULL,
    first_seen      INTEGER NOT NULL,
    last_seen       INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    acknowledged_at INTEGER NOT NULL,
    resolved_at     INTEGER NOT NULL,
    reason          TEXT    NOT NULL,
    suppressed      INTEGER NOT NULL,
    evidence        BLOB    NOT NULL CHECK (length(evidence) % 16 = 0),
    body            TEXT    NOT NULL CHECK (json_valid(body))
) STRICT;
CREATE INDEX security_alerts_by_severity ON security_alerts (severity, seq);
CREATE INDEX security_alerts_by_status ON security_alerts (status, seq);
CREATE INDEX security_alerts_by_rule ON security_alerts (rule_id, entity_value, entity_type, seq);
CREATE INDEX security_alerts_by_entity ON security_alerts (entity_value, seq);

-- Alert rules that somebody changed; the others are as the program has them.
CREATE TABLE alert_rules (
    id       TEXT    PRIMARY KEY,
    type     TEXT    NOT NULL,
    severity INTEGER NOT NULL CHECK (severity BETWEEN 0 AND 4),
    cooldown INTEGER NOT NULL,
    enabled  INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    body     TEXT    NOT NULL CHECK (json_valid(body))
) STRICT;

CREATE TABLE detect_state (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    ord      INTEGER NOT NULL,
    snapshot BLOB
) STRICT;

-- +goose Down
DROP TABLE detect_state;
DROP TABLE alert_rules;
DROP TABLE security_alerts;
DROP TABLE finding_runs;
DROP TABLE findings;
DROP TABLE security_anomalies;
