-- The deletion: one transaction that deletes keys, credits what they had left, writes the receipt and tells the caches.
--
-- carry_out_deletion is the second statement of a transaction whose first is lock_account_for_change (R__1). Its steps come before
-- it, each a function of its own, so that a change is a change of one step; R__4 has the same deletion for alerts.
--
-- Steps that change something are in PL/pgSQL, which keeps their plans (PostgreSQL before version 18 plans a function in SQL again for
-- each call), and VOLATILE, the default: each of their statements sees fresh data. Those that find a row are in SQL and STABLE:
-- PostgreSQL puts them into the statement that uses them, which saves a call.

select set_config('search_path', format('%I, pg_temp', current_schema()), false);

-- Steps of 0.2.0 that nobody calls any more.
drop function if exists
    is_repeat(revocation, text, text, bytea),
    delete_proxy_keys(uuid, text, text, text, timestamptz, timestamptz, timestamptz),
    write_receipt(uuid, text, text, text, bytea, text, text, text, int, int, numeric, numeric);

-- Steps that find -----------------------------------------------------------------------------------------------------------------

-- Which keys an operation selects. The one definition, also for the list and the preview; simple enough for PostgreSQL to inline.
create or replace function key_is_selected(
    operation text, name_prefix text, name text, is_active boolean, suspended_by uuid, expires_at timestamptz, used numeric, at timestamptz
) returns boolean
    language sql immutable as
$$
select case operation
           when 'all' then true
           when 'prefix' then true
           when 'expired' then expires_at <= at
           when 'inactive' then not is_active and suspended_by is null
           when 'suspended' then suspended_by is not null
           when 'never_used' then used = 0
       end
   and (coalesce(name_prefix, '') = '' or coalesce(starts_with(name, name_prefix), false))
$$;

comment on function key_is_selected is
    'Whether an operation (all, prefix, expired, inactive, suspended, never_used) selects a key of this name and state. Characters are'
    ' compared as they are.';

-- For 0.2.0, which does not know suspensions and prefixes.
create or replace function proxy_key_selected(operation text, is_active boolean, expires_at timestamptz, used numeric, at timestamptz)
    returns boolean
    language sql immutable as
$$
select key_is_selected(operation, null, null, is_active, null, expires_at, used, at)
$$;

comment on function proxy_key_selected is 'Whether an operation of 0.2.0 (all, expired, inactive, never_used) deletes a key of this state.';

create or replace function find_proxy_key(target_id text, target_hash bytea) returns setof proxy_key
    language sql stable as
$$
select * from proxy_key k
 where k.id = target_id or k.secret_hash = target_hash
    or (k.previous_secret_hash = target_hash and k.previous_valid_until > clock_timestamp())
 order by k.id = target_id desc limit 1
$$;

comment on function find_proxy_key is
    'The live key with this public identifier, or else with this SHA-256 of its secret or, while it works, of its previous one, whoever'
    ' owns it.';

-- A name is at the same place in both arrays.
create or replace function find_proxy_keys(account_id text, target_ids text[], target_hashes bytea[])
    returns table (place int, id text)
    language sql stable as
$$
select n.place::int, k.id
  from unnest(target_ids, target_hashes) with ordinality as n (id, hash, place)
  left join lateral (select * from find_proxy_key(n.id, n.hash) offset 0) k on k.account_id = find_proxy_keys.account_id
$$;

comment on function find_proxy_keys is
    'For each name, in order, the live key of this account that find_proxy_key finds; null where there is none. Two names may be one key.';

create or replace function earlier_revocation(receipt_id uuid, account_id text, trigger text, dedupe_key text) returns setof revocation
    language sql stable as
$$
(select * from revocation r where r.id = earlier_revocation.receipt_id)
union all
(select * from revocation r
  where r.account_id = earlier_revocation.account_id
    and r.trigger = earlier_revocation.trigger
    and r.dedupe_key = earlier_revocation.dedupe_key)
limit 1
$$;

comment on function earlier_revocation is
    'The receipt of this revocation if an earlier attempt wrote it, else the one with the same dedupe key, if there is one.';

create or replace function is_same_key(earlier revocation, target_id text, target_hash bytea) returns boolean
    language plpgsql as
$$
begin
    return (earlier).target_fingerprint = sha256(uuid_send((earlier).id) || target_hash)
        -- By its identifier now and by its secret then, or the other way round.
        or exists (select from revoked_key k where k.revocation_id = (earlier).id and k.id = target_id)
        -- By a secret that was replaced.
        or exists (select from burnt_secret b join revoked_key k on k.id = b.key_id
                    where b.secret_hash = target_hash and k.revocation_id = (earlier).id);
end
$$;

comment on function is_same_key is 'Whether the one key of a receipt has this name.';

create or replace function some_deleted_keys(receipt_id uuid) returns text[]
    language plpgsql stable
    set enable_seqscan = off as
$$
begin
    return array(select k.id from revoked_key k where k.revocation_id = receipt_id order by k.created_at, k.id limit 100);
end
$$;

comment on function some_deleted_keys is 'The identifiers of up to 100 keys of a receipt, the oldest key first. For the log.';

create or replace function count_newer_keys(account_id text, created_until timestamptz) returns int
    language plpgsql as
$$
begin
    return (select count(*) from proxy_key k
             where k.account_id = count_newer_keys.account_id and k.created_at > created_until);
end
$$;

comment on function count_newer_keys is 'How many live keys of an account were made later than this.';

-- Steps that change ---------------------------------------------------------------------------------------------------------------

-- In statements after the deletion, because a settlement or a hold that the deletion waited for is not in the snapshot of the deleting
-- statement. From then on nobody else can settle these holds or add one: that takes the key, which is gone, or the account, which is
-- locked.
--
-- The planner expects few holds and a receipt of few keys. Whatever it expects: row by row and by an index, so that the holds of
-- 1,000 among 100,000 keys add less than a tenth to the deletion, however large the tables are.
create or replace function note_holds(receipt_id uuid, account_id text) returns void
    language plpgsql
    set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as
$$
begin
    -- Most accounts have none: they are spared the planning of what follows.
    perform from credit_hold h where h.account_id = note_holds.account_id and h.settled is null and h.revocation_id is null limit 1;
    if not found then
        return;
    end if;

    -- Open holds of live keys too: which are which is looked up among the keys that were deleted, each by the whole index. "offset 0"
    -- keeps PostgreSQL from joining in another order, and the place of a row (ctid) finds it again without another look-up: only
    -- this transaction knows these rows.
    with open as materialized (
        select h.key_id, h.key_created_at, sum(h.amount) as amount, array_agg(h.id) as holds
          from credit_hold h
         where h.account_id = note_holds.account_id and h.settled is null and h.revocation_id is null
         group by h.key_id, h.key_created_at
    ), found as materialized (
        select open.amount, open.holds, deleted.place
          from open, lateral (select k.ctid as place from revoked_key k
                               where k.revocation_id = receipt_id and k.created_at = open.key_created_at and k.id = open.key_id
                              offset 0) deleted
    ), noted as (
        -- No more than was used, whatever was done to the key by hand: a deletion does not fail for that.
        update revoked_key k set held = least(found.amount, k.used) from found where k.ctid = found.place
    )
    update credit_hold h set revocation_id = receipt_id where h.id in (select unnest(found.holds) from found);
end
$$;

comment on function note_holds is
    'Has each deleted key of a receipt say what was on hold, and each of those holds which receipt its rest is added to.';

-- Deleted rows are summed as they are deleted: a key that was just being spent is waited for and counted as it is then. A sum of its
-- own would see another snapshot, and mint credits.
create or replace function delete_proxy_keys(
    receipt_id uuid, account_id text, operation text,
    name_prefix text,       -- only keys whose name begins with it; null: any
    key_id     text,        -- operation 'one': which
    first_made timestamptz, -- only keys made from then
    last_made  timestamptz, -- until then, both included: the index finds one key among a million by the time it was made
    at         timestamptz, -- when a key has to have expired
    out keys_deleted int, out credits_returned numeric
)
    language plpgsql as
$$
begin
    with gone as (
        delete from proxy_key k
         where k.account_id = delete_proxy_keys.account_id
           and k.created_at between first_made and last_made
           and case
                   when delete_proxy_keys.operation = 'one' then k.id = key_id
                   else key_is_selected(delete_proxy_keys.operation, name_prefix, k.name, k.is_active, k.suspended_by, k.expires_at,
                                        k.used, at)
               end
        returning k.id, k.name, k.allocated, k.used, k.is_active, k.expires_at, k.model_whitelist, k.ip_whitelist,
                  k.created_at, k.last_used, k.suspended_by, k.rotated_at
    ), kept as (
        insert into revoked_key (revocation_id, id, name, allocated, used, is_active, expires_at, model_whitelist, ip_whitelist,
                                 created_at, last_used, suspended_by, rotated_at)
        select receipt_id, gone.* from gone
    )
    select count(*), coalesce(sum(gone.allocated - gone.used), 0.000000) into keys_deleted, credits_returned from gone;
end
$$;

comment on function delete_proxy_keys is
    'Deletes the selected keys of an account and keeps their settings with the receipt; returns how many, and what they had left.';

create or replace function delete_named_keys(
    receipt_id uuid, account_id text, target_ids text[], target_hashes bytea[], at timestamptz,
    out keys_deleted int, out credits_returned numeric, out keys_not_found int
)
    language plpgsql as
$$
declare
    found_ids text[];
    target    proxy_key;
    deleted   record;
begin
    keys_deleted := 0;
    credits_returned := 0.000000;
    select count(*) filter (where f.id is null), array_agg(distinct f.id) filter (where f.id is not null)
      into keys_not_found, found_ids
      from find_proxy_keys(account_id, target_ids, target_hashes) f;
    -- One by one, each found by the index. Their account is locked: none comes or goes in between.
    for target in select * from proxy_key k where k.id = any (found_ids) loop
        deleted := delete_proxy_keys(receipt_id, account_id, 'one', null, target.id, target.created_at, target.created_at, at);
        keys_deleted := keys_deleted + deleted.keys_deleted;
        credits_returned := credits_returned + deleted.credits_returned;
    end loop;
end
$$;

comment on function delete_named_keys is
    'The same for the keys of an account that have these names; returns how many names had none, too.';

create or replace function announce_key_change(account_id text, keys_version bigint) returns text
    language sql as
$$
select pg_notify('proxy_keys_changed', json_build_object('account_id', account_id, 'keys_version', keys_version)::text)::text
$$;

comment on function announce_key_change is
    'Tells every cache to drop the keys of an account; delivered on commit only. The payload''s names are the contract with caches.';

-- The one UPDATE of the account, and the one place that raises its version: no change of keys can forget to announce it.
-- A block is never shortened: greatest() passes over null.
create or replace function update_account(account_id text, credits numeric, keys_changed boolean, block_seconds int) returns numeric
    language plpgsql as
$$
declare
    new_balance numeric;
    announced   text;
begin
    update account a
       set balance = a.balance + credits,
           keys_version = a.keys_version + keys_changed::int,
           new_keys_blocked_until = case when block_seconds > 0
                                         then greatest(a.new_keys_blocked_until,
                                                       clock_timestamp() + block_seconds * interval '1 second')
                                         else a.new_keys_blocked_until end
     where a.id = update_account.account_id
    returning a.balance, case when keys_changed then announce_key_change(a.id, a.keys_version) end
      into strict new_balance, announced;
    return new_balance;
end
$$;

comment on function update_account is
    'Gives credits to the balance and returns it; if keys changed, raises the version and tells the caches; blocks new keys for some'
    ' seconds, if any. Fails if there is no such account.';

-- Of the row that is passed: what a request or an alert says, and what came of it. Holds are noted here, once however many deletions
-- the receipt has, because all open holds of the account are read for it.
create or replace function write_receipt(inout receipt revocation)
    language plpgsql as
$$
begin
    receipt.revoked_at := clock_timestamp();
    receipt.keys_spared := coalesce(receipt.keys_spared, 0);
    receipt.block_seconds := coalesce(receipt.block_seconds, 0);
    receipt.credits_settled_later := 0;
    receipt.transaction_id := pg_current_xact_id();
    insert into revocation select receipt.*;
    if receipt.keys_deleted > 0 then
        perform note_holds(receipt.id, receipt.account_id);
    end if;
end
$$;

comment on function write_receipt is 'Writes a receipt, stamped with the time, has its keys and their holds tell of each other, and returns it.';

-- The operation -------------------------------------------------------------------------------------------------------------------

create or replace function carry_out_deletion(
    receipt_id       uuid,    -- chosen by the caller before BEGIN: a retry of a transaction whose outcome is unknown finds its receipt
    account_id       text,    -- its row is locked already
    operation        text,    -- 'one', 'several', or what key_is_selected knows
    name_prefix      text,    -- only keys whose name begins with it; null: any
    target_ids       text[],  -- operations 'one' and 'several': each key as named by the caller, if that can be a public identifier,
    target_hashes    bytea[], -- and the SHA-256 of the same; null otherwise
    targets_digest   bytea,   -- operation 'several': the same for the same names in any order
    dedupe_key       text,    -- null: every call is a new revocation
    requested_by     text,
    subject          text,
    block_seconds    int,     -- how long no new key may be created; 0: no block. A part of what the dedupe key stands for
    bucket           text,    -- which limit the call counts against
    calls_per_minute int,     -- that limit; 0: none
    burst            int,     -- how many calls may come at once; 1 or more
    -- 'revoked'; 'replayed': the first receipt; 'reused': the dedupe key belongs to another operation; 'limited': refused, nothing
    -- changed; 'foreign', 'unknown': the key is another account's, or none: nothing changed but the call is counted
    out outcome          text,
    out receipt          uuid, -- the receipt, if there is one:
    out keys_deleted     int,
    out keys_not_found   int,  -- operation 'several': how many names were no live key of the account
    out credits_returned numeric,
    out balance_after    numeric,
    out revoked_at       bigint, -- Unix seconds
    out retry_after      int,    -- seconds, when limited
    out key_ids          text[]  -- revoked: of up to 100 deleted keys, the oldest first
)
    language plpgsql security definer
    set search_path from current as
$$
#variable_conflict use_variable
declare
    started_at timestamptz := clock_timestamp(); -- now() is the transaction's start, before the wait for the lock
    done       revocation;
    target     proxy_key;
    deleted    record;
begin
    if operation not in ('all', 'prefix', 'expired', 'inactive', 'suspended', 'never_used', 'one', 'several') then
        raise exception 'unknown operation %', operation using errcode = 'invalid_parameter_value';
    end if;
    -- Has this been done already? Looked up before it is counted: a replay is free.
    select * into done from earlier_revocation(receipt_id, account_id, 'request', dedupe_key);
    if done.id is null then
        if dedupe_key is not null and exists (select from suspension s where s.account_id = account_id and s.trigger = 'request'
                                                                         and s.dedupe_key = dedupe_key) then
            outcome := 'reused';
            return;
        end if;
        retry_after := seconds_until_allowed(account_id, bucket, calls_per_minute, burst);
        if retry_after is not null then
            outcome := 'limited';
            return;
        end if;
        done.target_fingerprint := targets_digest;
        if operation = 'one' then
            select * into target from find_proxy_key(target_ids[1], target_hashes[1]);
            if target.account_id is distinct from account_id then
                outcome := case when target.id is null then 'unknown' else 'foreign' end;
                return;
            end if;
            done.target_fingerprint := target.secret_hash;
        end if;
        done.target_fingerprint := sha256(uuid_send(receipt_id) || done.target_fingerprint);

        outcome := 'revoked';
        if operation = 'several' then
            deleted := delete_named_keys(receipt_id, account_id, target_ids, target_hashes, started_at);
            done.keys_not_found := deleted.keys_not_found;
        else
            -- Of one key, what find_proxy_key has found; otherwise target is null.
            deleted := delete_proxy_keys(receipt_id, account_id, operation, name_prefix, target.id,
                                         coalesce(target.created_at, '-infinity'), coalesce(target.created_at, 'infinity'), started_at);
        end if;
        done.id := receipt_id;
        done.account_id := account_id;
        done.trigger := 'request';
        done.operation := operation;
        done.name_prefix := name_prefix;
        done.dedupe_key := dedupe_key;
        done.requested_by := requested_by;
        done.subject := subject;
        done.block_seconds := block_seconds;
        done.keys_deleted := deleted.keys_deleted;
        done.credits_returned := deleted.credits_returned;
        done.balance_after := update_account(account_id, done.credits_returned, done.keys_deleted > 0, block_seconds);
        done := write_receipt(done);
    elsif done.id = receipt_id then
        outcome := 'revoked';
    elsif done.operation = operation and done.block_seconds = block_seconds and done.name_prefix is not distinct from name_prefix
          and (case operation when 'one' then is_same_key(done, target_ids[1], target_hashes[1])
                              when 'several' then done.target_fingerprint = sha256(uuid_send(done.id) || targets_digest)
                              else true end) then
        outcome := 'replayed';
    else
        outcome := 'reused';
    end if;
    receipt := done.id;
    keys_deleted := done.keys_deleted;
    keys_not_found := done.keys_not_found;
    credits_returned := done.credits_returned;
    balance_after := done.balance_after;
    revoked_at := floor(extract(epoch from done.revoked_at));
    if outcome = 'revoked' and keys_deleted > 0 then
        key_ids := some_deleted_keys(done.id);
    end if;
end
$$;

comment on function carry_out_deletion is
    'Deletes the selected or named keys of a locked account, as a person asked, credits what they had left, writes the receipt, tells the'
    ' caches, and blocks new keys if wanted.';

-- For 0.2.0: its statement and its result.
create or replace function carry_out_revocation(
    receipt_id uuid, account_id text, operation text, target_id text, target_hash bytea, dedupe_key text, requested_by text,
    block_seconds int, bucket text, calls_per_minute int, burst int
) returns request_result
    language sql security definer
    set search_path from current as
$$
select row (d.outcome, d.receipt, d.keys_deleted, 0, d.credits_returned, d.balance_after, d.revoked_at, d.retry_after, d.key_ids)::request_result
  from carry_out_deletion(receipt_id, account_id, operation, null, array[target_id], array[target_hash], null, dedupe_key, requested_by, null,
                          block_seconds, bucket, calls_per_minute, burst) d
$$;

comment on function carry_out_revocation is 'What 0.2.0 calls for carry_out_deletion.';

-- R__9 grants what is called from outside; everybody else may call nothing.
revoke execute on function
    find_proxy_key, find_proxy_keys, earlier_revocation, is_same_key, some_deleted_keys, count_newer_keys, note_holds, delete_proxy_keys,
    delete_named_keys, announce_key_change, update_account, write_receipt, carry_out_deletion, carry_out_revocation
    from public;
