-- Every statement that the function of release 0.2.0 (commit 7cc31ed) sends, as PostgreSQL gets it; without those that page to the next
-- row by row. Renewed at each release from what the function sends (src/docs/maintainer.md, "Migrations and releases").
-- ReleasedStatementsTest sends them to the schema of today, with the rights of the function's login, and checks what they answer.
--
-- Each has a name, sample parameters as SQL literals, and the columns that it answers with: names, and PostgreSQL's types.

-- name: lock
-- sample: 'nobody'
-- columns: id text
SELECT id FROM lock_account_for_change($1);

-- name: promises
-- sample: 
-- columns: set_transaction_promises void
SELECT set_transaction_promises();

-- name: revoke
-- sample: '0198c1f2-0000-7000-8000-000000000000', 'nobody', 'one', 'x', '\x00', NULL, 'client', 0, 'remove', 60, 60
-- columns: outcome text, receipt uuid, keys_deleted int4, keys_spared int4, credits_returned numeric, balance_after numeric, revoked_at int8, retry_after int4, key_ids _text
SELECT outcome, receipt, keys_deleted, keys_spared, credits_returned, balance_after, revoked_at, retry_after, key_ids
  FROM carry_out_revocation(
           receipt_id => CASE WHEN pg_current_xact_id_if_assigned() IS NOT NULL THEN $1::uuid END,
           account_id => $2,
           operation => $3,
           target_id => $4,
           target_hash => $5,
           dedupe_key => $6,
           requested_by => $7,
           block_seconds => $8,
           bucket => $9,
           calls_per_minute => $10,
           burst => $11);

-- name: lock of key
-- sample: 'x', NULL, false, NULL
-- columns: account_id text, seen_key_id text
SELECT account_id, seen_key_id
  FROM lock_account_of_key(key_id => $1, secret_hash => $2, whole_account => $3, stated_account => $4);

-- name: alert
-- sample: '0198c1f2-0000-7000-8000-000000000000', NULL, NULL, 'x', NULL, NULL, false, 'event', 'proxy-keys.security', NULL, NULL, NULL, '2026-01-01 00:00:00+00', 0
-- columns: outcome text, was_key bool, account_id text, receipt uuid, keys_deleted int4, keys_spared int4, credits_returned numeric, balance_after numeric, revoked_at int8, key_ids _text
SELECT outcome, was_key, account_id, receipt, keys_deleted, keys_spared, credits_returned, balance_after, revoked_at,
       key_ids
  FROM carry_out_alert(
           receipt_id => CASE WHEN pg_current_xact_id_if_assigned() IS NOT NULL THEN $1::uuid END,
           account_id => $2,
           seen_key_id => $3,
           key_id => $4,
           secret_hash => $5,
           stated_account => $6,
           whole_account => $7,
           dedupe_key => $8,
           requested_by => $9,
           reported_by => $10,
           reason => $11,
           url => $12,
           created_until => $13,
           block_seconds => $14);

-- name: look up
-- sample: 'nobody', 'x', NULL, 'lookup-update', 60, 60
-- columns: outcome text, retry_after int4, id text, name text, allocated numeric, used numeric, is_active bool, expires_at timestamptz, model_whitelist _text, ip_whitelist _text, created_at timestamptz, last_used timestamptz
SELECT outcome, retry_after, id, name, allocated, used, is_active, expires_at, model_whitelist, ip_whitelist, created_at, last_used
  FROM look_up_proxy_key(
           account_id => CASE WHEN pg_current_xact_id_if_assigned() IS NOT NULL THEN $1::text END,
           target_id => $2,
           target_hash => $3,
           bucket => $4,
           calls_per_minute => $5,
           burst => $6);

-- name: create
-- sample: 'released', 'n', sha256('c'), 1, NULL, '{}', '{}', 'ek-proxy-00000000000000000000000000000000', 'create', 0, 1
-- columns: outcome text, retry_after int4, created_at timestamptz
SELECT outcome, retry_after, created_at
  FROM create_proxy_key(
           account_id => CASE WHEN pg_current_xact_id_if_assigned() IS NOT NULL THEN $1::text END,
           name => $2,
           secret_hash => $3,
           allocated => $4,
           expires_at => $5,
           model_whitelist => $6,
           ip_whitelist => $7,
           key_id => $8,
           bucket => $9,
           calls_per_minute => $10,
           burst => $11);

-- name: update
-- sample: 'nobody', 'x', NULL, 'n', NULL, NULL, NULL, NULL, 'lookup-update', 60, 60
-- columns: outcome text, retry_after int4, key_id text
SELECT outcome, retry_after, key_id
  FROM update_proxy_key(
           account_id => CASE WHEN pg_current_xact_id_if_assigned() IS NOT NULL THEN $1::text END,
           target_id => $2,
           target_hash => $3,
           name => $4,
           allocated => $5,
           expires_at => CASE $6::bigint WHEN -1 THEN 'infinity' ELSE to_timestamp($6::bigint) END,
           model_whitelist => $7,
           ip_whitelist => $8,
           bucket => $9,
           calls_per_minute => $10,
           burst => $11);

-- name: recreate
-- sample: 'nobody', '0198c1f2-0000-7000-8000-000000000000', NULL, '{}', '{}', 'recreate', 10, 10
-- columns: outcome text, retry_after int4, keys_skipped int4, credits_allocated numeric, balance numeric, replaces text, id text, name text, allocated numeric, is_active bool, expires_at timestamptz, model_whitelist _text, ip_whitelist _text, created_at timestamptz
SELECT outcome, retry_after, keys_skipped, credits_allocated, balance, replaces, id, name, allocated, is_active, expires_at,
       model_whitelist, ip_whitelist, created_at
  FROM recreate_proxy_keys(
           account_id => CASE WHEN pg_current_xact_id_if_assigned() IS NOT NULL THEN $1::text END,
           receipt_id => $2,
           named => $3,
           key_ids => $4,
           secret_hashes => $5,
           bucket => $6,
           calls_per_minute => $7,
           burst => $8);

-- name: toggle
-- sample: 'nobody', 'x', NULL, NULL
-- columns: outcome text, retry_after int4
SELECT outcome, retry_after
  FROM switch_proxy_key(account_id => CASE WHEN pg_current_xact_id_if_assigned() IS NOT NULL THEN $1::text END, target_id => $2, target_hash => $3, wanted => $4, heed_block => true);

-- name: release
-- sample: 
-- columns: release_expired_holds int4
SELECT release_expired_holds();

-- name: purge
-- sample: 
-- columns: purge_receipts int4
SELECT purge_receipts();

-- name: account
-- sample: 'nobody'
-- columns: count int8
select count(*) from account a1_0 where a1_0.id=$1;

-- name: preview
-- sample: 'expired', 'nobody', 0, 2
-- columns: count int8, sum numeric
select count(pk1_0.id),sum((pk1_0.allocated-pk1_0.used)) from account a1_0 left join proxy_key pk1_0 on pk1_0.account_id=a1_0.id and proxy_key_selected($1,pk1_0.is_active,pk1_0.expires_at,pk1_0.used,current_timestamp) where a1_0.id=$2 group by a1_0.id offset $3 rows fetch first $4 rows only;

-- name: list
-- sample: 'nobody', '2026-01-01 00:00:00+00', '', 0, 1000
-- columns: name text, id text, expires_at timestamptz, allocated numeric, used numeric, is_active bool, model_whitelist _text, ip_whitelist _text, created_at timestamptz, last_used timestamptz
select pk1_0.name,pk1_0.id,pk1_0.expires_at,pk1_0.allocated,pk1_0.used,pk1_0.is_active,pk1_0.model_whitelist,pk1_0.ip_whitelist,pk1_0.created_at,pk1_0.last_used from proxy_key pk1_0 where pk1_0.account_id=$1 and (pk1_0.created_at,pk1_0.id)>($2,$3) order by pk1_0.created_at,pk1_0.id offset $4 rows fetch first $5 rows only;

-- name: receipts
-- sample: 'nobody', '2026-01-01 00:00:00+00', '0198c1f2-0000-7000-8000-000000000000', 0, 1000
-- columns: id uuid, revoked_at timestamptz, trigger text, operation text, requested_by text, reason text, reported_by text, url text, keys_deleted int4, keys_spared int4, credits_returned numeric, balance_after numeric, credits_settled_later numeric
select r1_0.id,r1_0.revoked_at,r1_0.trigger,r1_0.operation,r1_0.requested_by,r1_0.reason,r1_0.reported_by,r1_0.url,r1_0.keys_deleted,r1_0.keys_spared,r1_0.credits_returned,r1_0.balance_after,r1_0.credits_settled_later from revocation r1_0 where r1_0.account_id=$1 and exists(select a1_0.id from account a1_0 where a1_0.id=$1) and (r1_0.revoked_at,r1_0.id)<($2,$3) order by r1_0.revoked_at desc,r1_0.id desc offset $4 rows fetch first $5 rows only;

-- name: receipt
-- sample: 'nobody', '0198c1f2-0000-7000-8000-000000000000', 0, 2
-- columns: id uuid, revoked_at timestamptz, trigger text, operation text, requested_by text, reason text, reported_by text, url text, keys_deleted int4, keys_spared int4, credits_returned numeric, balance_after numeric, credits_settled_later numeric
select r1_0.id,r1_0.revoked_at,r1_0.trigger,r1_0.operation,r1_0.requested_by,r1_0.reason,r1_0.reported_by,r1_0.url,r1_0.keys_deleted,r1_0.keys_spared,r1_0.credits_returned,r1_0.balance_after,r1_0.credits_settled_later from revocation r1_0 where r1_0.account_id=$1 and exists(select a1_0.id from account a1_0 where a1_0.id=$1) and r1_0.id=$2 offset $3 rows fetch first $4 rows only;

-- name: receipt keys
-- sample: '0198c1f2-0000-7000-8000-000000000000', '2026-01-01 00:00:00+00', '', 0, 1000
-- columns: name text, id text, expires_at timestamptz, allocated numeric, used numeric, is_active bool, model_whitelist _text, ip_whitelist _text, created_at timestamptz, last_used timestamptz, held numeric
select rk1_0.name,rk1_0.id,rk1_0.expires_at,rk1_0.allocated,rk1_0.used,rk1_0.is_active,rk1_0.model_whitelist,rk1_0.ip_whitelist,rk1_0.created_at,rk1_0.last_used,rk1_0.held from revoked_key rk1_0 where rk1_0.revocation_id=$1 and (rk1_0.created_at,rk1_0.id)>($2,$3) order by rk1_0.created_at,rk1_0.id offset $4 rows fetch first $5 rows only;
