-- Indexes and statistics.
CREATE INDEX ON users (status);
CREATE INDEX ON users (lower(email), status DESC NULLS LAST, price NULLS FIRST);
CREATE UNIQUE INDEX chosen_index ON users USING btree (email COLLATE "C" text_pattern_ops DESC, (price + 1)) INCLUDE (body) WITH (fillfactor = 50) WHERE price > 1 AND status = 'new';
COMMENT ON INDEX chosen_index IS 'for speed';
CREATE INDEX users_trgm ON users USING gist (status gist_trgm_ops (siglen=32));
CREATE INDEX users_gin ON users USING gin (data jsonb_path_ops) WITH (fastupdate = off);
CREATE INDEX users_hash ON users USING hash (kind);
CREATE UNIQUE INDEX users_nulls ON users (kind) NULLS NOT DISTINCT;
CREATE INDEX users_brin ON users USING brin (created_at) WITH (pages_per_range = 32);
CREATE INDEX users_even ON users (is_even(id));
CREATE STATISTICS users_stats (dependencies, ndistinct) ON status, kind FROM users;
COMMENT ON STATISTICS users_stats IS 'they go together';
