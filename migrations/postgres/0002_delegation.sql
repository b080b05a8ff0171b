-- The row that changes of roles, permissions and grants lock, one after the other.
INSERT INTO meta (name, value) VALUES ('delegation', '');

-- Grants that run out are purged by their end.
CREATE INDEX grants_by_end ON grants (expires_at) WHERE expires_at IS NOT NULL;
