-- What sessions add up to, in columns of their own: to read a hundred thousand views takes seconds. The program that applies this file takes it from the views that
-- are there, within the same transaction. And with whom sessions are shared, which their views do not say: who and until when in two arrays, element by element.
-- A session that was shared before says so when it is next asked for anything.

ALTER TABLE lucid_sessions
    ADD COLUMN chunk_count bigint NOT NULL DEFAULT 0,
    ADD COLUMN size_bytes bigint NOT NULL DEFAULT 0,
    ADD COLUMN stored_bytes bigint NOT NULL DEFAULT 0,
    ADD COLUMN duration_ms bigint NOT NULL DEFAULT 0,
    ADD COLUMN gap_count bigint NOT NULL DEFAULT 0,
    ADD COLUMN gap_ms bigint NOT NULL DEFAULT 0,
    ADD COLUMN auditors text[] NOT NULL DEFAULT '{}',
    ADD COLUMN shared_until timestamptz[] NOT NULL DEFAULT '{}';

-- Most sessions are not shared, and cost nothing here.
CREATE INDEX lucid_sessions_auditors ON lucid_sessions USING gin (auditors) WHERE auditors <> '{}';

-- All that adds up, so that no row has to be read for it.
CREATE INDEX lucid_sessions_sums ON lucid_sessions (owner) INCLUDE (status, chunk_count, size_bytes, stored_bytes, duration_ms, gap_count, gap_ms);
