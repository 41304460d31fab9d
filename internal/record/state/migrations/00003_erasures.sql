-- Orders to erase one person. body has all of an order; the subject's name is in it
-- only while the order needs it. seq is the order in which they were asked for.

-- +goose Up
CREATE TABLE erasures (
    seq    INTEGER PRIMARY KEY AUTOINCREMENT,
    id     TEXT NOT NULL UNIQUE,
    status TEXT NOT NULL CHECK (status IN ('pending', 'approved', 'running', 'done', 'refused', 'cancelled')),
    body   TEXT NOT NULL CHECK (json_valid(body))
) STRICT;
CREATE INDEX erasures_open ON erasures (seq) WHERE status IN ('pending', 'approved', 'running');

-- The last run of retention, as one row.
CREATE TABLE retention (
    id   INTEGER PRIMARY KEY CHECK (id = 1),
    body TEXT NOT NULL CHECK (json_valid(body))
) STRICT;

-- +goose Down
DROP TABLE retention;
DROP TABLE erasures;
