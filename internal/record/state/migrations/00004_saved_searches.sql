-- Hunts that people keep under a name. name_key is the name as it is compared.

-- +goose Up
CREATE TABLE saved_searches (
    id       TEXT PRIMARY KEY,
    name_key TEXT NOT NULL UNIQUE,
    body     TEXT NOT NULL CHECK (json_valid(body))
) STRICT;

-- +goose Down
DROP TABLE saved_searches;
