-- The list of users, and one way to search it and the sessions. Lucid cuts text into words itself, in C#, so that a cluster finds what one
-- machine does: PostgreSQL's own way differs from SQLite's in every address and number. This file makes room for the words of the sessions
-- that are there; the program that applies it fills them in, within the same transaction.

-- Identifiers are ordered by their bytes, whatever the locale of the server.
CREATE TABLE lucid_user (
    id            text COLLATE "C" PRIMARY KEY,
    role          text NOT NULL,
    status        text NOT NULL,
    name          text NOT NULL,
    email         text NOT NULL,
    created_at    timestamptz NOT NULL,
    last_login_at timestamptz,
    view          text NOT NULL,
    search        tsvector NOT NULL
);

CREATE INDEX lucid_user_created ON lucid_user (created_at DESC, id DESC);
CREATE INDEX lucid_user_role ON lucid_user (role, created_at DESC, id DESC);
CREATE INDEX lucid_user_status ON lucid_user (status, created_at DESC, id DESC);
CREATE INDEX lucid_user_search ON lucid_user USING gin (search);

-- Takes its index with it.
ALTER TABLE lucid_sessions DROP COLUMN search;
ALTER TABLE lucid_sessions ADD COLUMN search tsvector NOT NULL DEFAULT '';
ALTER TABLE lucid_sessions ALTER COLUMN search DROP DEFAULT;
CREATE INDEX lucid_sessions_search ON lucid_sessions USING gin (search);
