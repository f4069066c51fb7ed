-- Lucid's own: what grains append, and the list of sessions.

-- The primary key is the fence: of two activations that append at one position, the second fails.
CREATE TABLE lucid_journal (
    service_id text NOT NULL,
    grain_type text NOT NULL,
    grain_key  text NOT NULL,
    journal    text NOT NULL,
    position   bigint NOT NULL CHECK (position >= 0),
    row        bytea NOT NULL,
    PRIMARY KEY (service_id, grain_type, grain_key, journal, position)
);

-- The view is text and not jsonb, which refuses a NUL that a description may hold. 'simple' leaves words as they are: sessions have no language.
CREATE TABLE lucid_sessions (
    id          uuid PRIMARY KEY,
    name        text NOT NULL,
    owner       text NOT NULL,
    description text NOT NULL,
    status      text NOT NULL,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    view        text NOT NULL,
    search      tsvector NOT NULL GENERATED ALWAYS AS (to_tsvector('simple', name || ' ' || owner || ' ' || description)) STORED
);

-- One index for each order in which the list is read, with the identifier that decides between equals. Names are compared as SQLite's
-- NOCASE does, whatever the locale of the server.
CREATE INDEX lucid_sessions_created ON lucid_sessions (created_at DESC, id DESC);
CREATE INDEX lucid_sessions_updated ON lucid_sessions (updated_at DESC, id DESC);
CREATE INDEX lucid_sessions_name ON lucid_sessions (lower(name COLLATE "C") COLLATE "C", id);
CREATE INDEX lucid_sessions_status ON lucid_sessions (status, created_at DESC, id DESC);
CREATE INDEX lucid_sessions_owner ON lucid_sessions (owner, created_at DESC, id DESC);
CREATE INDEX lucid_sessions_search ON lucid_sessions USING gin (search);
