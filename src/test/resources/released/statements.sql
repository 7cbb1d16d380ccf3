-- Every statement that the released function sends, as PostgreSQL gets it: of the function before "Unreleased" in the CHANGELOG.
-- Renewed at each release from the function's code (src/docs/maintainer.md, "Migrations and releases"). ReleasedStatementsTest
-- sends them to the schema of today, with the rights of the function's login, and checks what they answer.
--
-- Each has a name, sample parameters as SQL literals, and the columns that it answers with: names, and PostgreSQL's types.

-- name: lock
-- sample: 'nobody'
-- columns: id text
SELECT id FROM account WHERE id = $1 FOR UPDATE;

-- name: revoke
-- sample: '0198c1f2-0000-7000-8000-000000000000', 'nobody', 'request', 'one', 'x', '\x00', NULL, 'client', NULL, NULL, 0, 0, 10
-- columns: outcome text, receipt uuid, keys_deleted int4, keys_spared int4, credits_returned numeric, balance_after numeric, revoked_at int8, retry_after int4
SELECT outcome, receipt, keys_deleted, keys_spared, credits_returned, balance_after, revoked_at, retry_after
  FROM revoke_proxy_keys(CASE WHEN pg_current_xact_id_if_assigned() IS NOT NULL THEN $1::uuid END, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13);

-- name: toggle
-- sample: 'nobody', 'x', '\x00', NULL
-- columns: outcome text, status bool
SELECT outcome, status FROM toggle_proxy_key(CASE WHEN pg_current_xact_id_if_assigned() IS NOT NULL THEN $1::text END, $2, $3, $4);

-- name: preview
-- sample: 'nobody', 'expired'
-- columns: count int8, coalesce numeric
SELECT count(k.id), CAST(coalesce(sum(k.allocated - k.used), 0) AS numeric(26, 6))
  FROM account a
  LEFT JOIN proxy_key k ON k.account_id = a.id
       AND proxy_key_selected($2, k.is_active, k.expires_at, k.used, clock_timestamp())
 WHERE a.id = $1
 GROUP BY a.id;

-- name: list
-- sample: 'nobody', 0, '', 1000
-- columns: name text, id text, listed_seconds int8, allocated numeric, used numeric, is_active bool, to_json text, to_json text, listed_seconds int8, listed_seconds int8, int8 int8
SELECT name, id, CASE WHEN expires_at = '-infinity' THEN 0 ELSE listed_seconds(expires_at, -1) END, allocated, used, is_active, CAST(to_json(model_whitelist) AS text), CAST(to_json(ip_whitelist) AS text), listed_seconds(created_at, 0), listed_seconds(last_used, NULL), CAST(extract(epoch FROM created_at) * 1000000 AS bigint)
 FROM proxy_key
 WHERE account_id = $1
   AND (created_at, id) > (timestamptz 'epoch' + CAST($2 AS bigint) * interval '1 microsecond', $3)
 ORDER BY created_at, id
 LIMIT $4;

-- name: count keys
-- sample: 'nobody'
-- columns: count int8
SELECT count(*) FROM proxy_key WHERE account_id = $1;

-- name: account
-- sample: 'nobody'
-- columns: id text
SELECT id FROM account WHERE id = $1;

-- name: receipts
-- sample: 'nobody', 0, 'ffffffff-ffff-ffff-ffff-ffffffffffff', 1001
-- columns: id uuid, listed_seconds int8, trigger text, operation text, requested_by text, reason text, keys_deleted int4, keys_spared int4, credits_returned numeric, balance_after numeric, int8 int8
SELECT r.* FROM account a LEFT JOIN LATERAL (SELECT id, listed_seconds(revoked_at, 0), trigger, operation, requested_by, reason, keys_deleted, keys_spared, credits_returned, balance_after, CAST(extract(epoch FROM revoked_at) * 1000000 AS bigint)
 FROM revocation
 WHERE account_id = a.id
   AND (revoked_at, id) < (timestamptz 'epoch' + CAST($2 AS bigint) * interval '1 microsecond', $3)
 ORDER BY revoked_at DESC, id DESC
 LIMIT $4) r ON true
 WHERE a.id = $1;

-- name: count receipts
-- sample: 'nobody'
-- columns: count int8
SELECT count(*) FROM revocation WHERE account_id = $1;

-- name: receipt
-- sample: 'nobody', '0198c1f2-0000-7000-8000-000000000000'
-- columns: id uuid, listed_seconds int8, trigger text, operation text, requested_by text, reason text, keys_deleted int4, keys_spared int4, credits_returned numeric, balance_after numeric, int8 int8
SELECT r.* FROM account a LEFT JOIN LATERAL (SELECT id, listed_seconds(revoked_at, 0), trigger, operation, requested_by, reason, keys_deleted, keys_spared, credits_returned, balance_after, CAST(extract(epoch FROM revoked_at) * 1000000 AS bigint)
 FROM revocation WHERE account_id = a.id AND id = $2) r ON true
 WHERE a.id = $1;

-- name: receipt keys
-- sample: '0198c1f2-0000-7000-8000-000000000000', 0, '', 1000
-- columns: name text, id text, listed_seconds int8, allocated numeric, used numeric, is_active bool, to_json text, to_json text, listed_seconds int8, listed_seconds int8, int8 int8
SELECT name, id, CASE WHEN expires_at = '-infinity' THEN 0 ELSE listed_seconds(expires_at, -1) END, allocated, used, is_active, CAST(to_json(model_whitelist) AS text), CAST(to_json(ip_whitelist) AS text), listed_seconds(created_at, 0), listed_seconds(last_used, NULL), CAST(extract(epoch FROM created_at) * 1000000 AS bigint)
 FROM revoked_key
 WHERE revocation_id = $1
   AND (created_at, id) > (timestamptz 'epoch' + CAST($2 AS bigint) * interval '1 microsecond', $3)
 ORDER BY created_at, id
 LIMIT $4;
