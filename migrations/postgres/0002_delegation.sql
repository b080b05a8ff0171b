-- The row that changes of roles, permissions and grants lock, one after the other.
INSERT INTO meta (name, value) VALUES ('delegation', '');

-- Grants that run out are purged by their end.
CREATE INDEX grants_by_end ON grants (expires_at) WHERE expires_at IS NOT NULL;

-- Compared by bytes, whatever the database's language: lists of names keep resources together, as in SQLite.
ALTER TABLE permissions ALTER COLUMN name TYPE text COLLATE "C";
ALTER TABLE roles ALTER COLUMN name_key TYPE text COLLATE "C";
ALTER TABLE grants ALTER COLUMN scope TYPE text COLLATE "C";
