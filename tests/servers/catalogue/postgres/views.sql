-- Views, named so that the order of names is not that of what they need.
CREATE VIEW z_first AS SELECT id, email AS a_view FROM users WHERE kind IN ('a', 'b') AND status = ANY (ARRAY['x', 'y']::varchar[]);
CREATE VIEW a_view WITH (security_barrier) AS SELECT z.id, z.a_view AS z_first FROM z_first z WHERE z.id > 0 WITH LOCAL CHECK OPTION;
COMMENT ON VIEW a_view IS 'looks';
CREATE MATERIALIZED VIEW m_view AS SELECT v.id, count(*) AS count, total(v.id) FROM a_view v GROUP BY v.id WITH NO DATA;
CREATE UNIQUE INDEX ON m_view (id);
CREATE INDEX m_view_count ON m_view (count DESC);
COMMENT ON MATERIALIZED VIEW m_view IS 'kept';
COMMENT ON INDEX m_view_count IS 'kept too';
CREATE VIEW b_view (one, "Two three") AS WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT r.n, m.count FROM r LEFT JOIN m_view m ON m.id = r.n;
CREATE VIEW grouped AS SELECT u.id, u.email, count(*) FROM users u GROUP BY u.id;
CREATE VIEW audit.seen AS SELECT l.*, u.email FROM audit.log l JOIN users u ON u.id = l.user_id;
CREATE VIEW invoker WITH (security_invoker = true) AS SELECT address === address AS same FROM users;
