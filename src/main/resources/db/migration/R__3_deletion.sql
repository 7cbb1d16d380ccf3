-- The deletion: one transaction that deletes keys, credits what they had left, writes the receipt and tells the caches.
--
-- carry_out_revocation is the second statement of a transaction whose first is lock_account_for_change (R__1). Its steps come before
-- it, each a function of its own, so that a change is a change of one step; R__4 has the same deletion for alerts.
--
-- Steps that change something are in PL/pgSQL, which keeps their plans (PostgreSQL before version 18 plans a function in SQL again for
-- each call), and VOLATILE, the default: each of their statements sees fresh data. Those that find a row are in SQL and STABLE:
-- PostgreSQL puts them into the statement that uses them, which saves a call.

select set_config('search_path', format('%I, pg_temp', current_schema()), false);

-- Steps that find -----------------------------------------------------------------------------------------------------------------

-- Which keys an operation deletes. The one definition, also for the preview; simple enough for PostgreSQL to inline.
create or replace function proxy_key_selected(operation text, is_active boolean, expires_at timestamptz, used numeric, at timestamptz)
    returns boolean
    language sql immutable as
$$
select case operation
           when 'all' then true
           when 'expired' then expires_at <= at
           when 'inactive' then not is_active
           when 'never_used' then used = 0
       end
$$;

comment on function proxy_key_selected is
    'Whether an operation (all, expired, inactive, never_used) deletes a key of this state.';

create or replace function find_proxy_key(target_id text, target_hash bytea) returns setof proxy_key
    language sql stable as
$$
select * from proxy_key k where k.id = target_id or k.secret_hash = target_hash order by k.id = target_id desc limit 1
$$;

comment on function find_proxy_key is
    'The live key with this public identifier, or else with this SHA-256 of its secret, whoever owns it.';

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

create or replace function is_repeat(earlier revocation, operation text, target_id text, target_hash bytea) returns boolean
    language plpgsql as
$$
begin
    return (earlier).operation = operation
       and (operation <> 'one'
            or (earlier).target_fingerprint = sha256(uuid_send((earlier).id) || target_hash)
            -- By its identifier now and by its secret then, or the other way round, it is the same key.
            or exists (select from revoked_key k where k.revocation_id = (earlier).id and k.id = target_id));
end
$$;

comment on function is_repeat is
    'Whether a dedupe key is used again for what it was used for first: the same operation, and for one key the same key.';

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
                   else proxy_key_selected(delete_proxy_keys.operation, k.is_active, k.expires_at, k.used, at)
               end
        returning k.id, k.name, k.allocated, k.used, k.is_active, k.expires_at, k.model_whitelist, k.ip_whitelist,
                  k.created_at, k.last_used
    ), kept as (
        insert into revoked_key (revocation_id, id, name, allocated, used, is_active, expires_at, model_whitelist, ip_whitelist,
                                 created_at, last_used)
        select receipt_id, gone.* from gone
        returning allocated, used
    )
    select count(*), coalesce(sum(kept.allocated - kept.used), 0.000000) into keys_deleted, credits_returned from kept;
    if keys_deleted > 0 then
        perform note_holds(receipt_id, account_id);
    end if;
end
$$;

comment on function delete_proxy_keys is
    'Deletes the selected keys of an account and keeps their settings with the receipt; returns how many, and what they had left.';

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

create or replace function write_receipt(
    receipt_id uuid, account_id text, trigger text, operation text, target_hash bytea, dedupe_key text, requested_by text,
    reason text, keys_deleted int, keys_spared int, credits_returned numeric, balance_after numeric
) returns timestamptz
    language plpgsql as
$$
declare
    revoked_at timestamptz := clock_timestamp();
begin
    insert into revocation (id, account_id, trigger, operation, target_fingerprint, dedupe_key, requested_by, reason,
                            keys_deleted, keys_spared, credits_returned, balance_after, revoked_at)
    values (receipt_id, account_id, trigger, operation, sha256(uuid_send(receipt_id) || target_hash), dedupe_key, requested_by, reason,
            keys_deleted, keys_spared, credits_returned, balance_after, revoked_at);
    return revoked_at;
end
$$;

comment on function write_receipt is
    'Writes the receipt and returns its time.';

-- The operation -------------------------------------------------------------------------------------------------------------------

create or replace function carry_out_revocation(
    receipt_id       uuid,    -- chosen by the caller before BEGIN: a retry of a transaction whose outcome is unknown finds its receipt
    account_id       text,    -- its row is locked already
    operation        text,    -- 'all', 'expired', 'inactive', 'never_used' or 'one'
    target_id        text,    -- operation 'one': the key as named by the caller, if that can be a public identifier,
    target_hash      bytea,   -- and the SHA-256 of the same, if it is the full secret; null otherwise
    dedupe_key       text,    -- null: every call is a new revocation
    requested_by     text,
    block_seconds    int,     -- how long no new key may be created; 0: no block. A part of what the dedupe key stands for
    bucket           text,    -- which limit the call counts against
    calls_per_minute int,     -- that limit; 0: none
    burst            int      -- how many calls may come at once; 1 or more
) returns request_result
    language plpgsql security definer
    set search_path from current as
$$
declare
    started_at timestamptz := clock_timestamp(); -- now() is the transaction's start, before the wait for the lock
    done       revocation;
    outcome    text := 'revoked';
    wait       interval;
    target     proxy_key;
    deleted    record;
    balance    numeric;
    revoked_at timestamptz;
begin
    if operation not in ('all', 'expired', 'inactive', 'never_used', 'one') then
        raise exception 'unknown operation %', operation using errcode = 'invalid_parameter_value';
    end if;

    -- Has this been done already? Looked up before it is counted: a replay is free.
    select * into done from earlier_revocation(receipt_id, account_id, 'request', dedupe_key);
    if done.id is not null then
        if done.id is distinct from receipt_id then
            outcome := case when done.block_seconds = block_seconds and is_repeat(done, operation, target_id, target_hash)
                            then 'replayed' else 'reused' end;
        end if;
        return row (outcome, done.id, done.keys_deleted, done.keys_spared, done.credits_returned, done.balance_after,
                    floor(extract(epoch from done.revoked_at))::bigint, null,
                    case when outcome = 'revoked' then some_deleted_keys(done.id) end)::request_result;
    end if;

    if calls_per_minute > 0 then
        wait := take_token(account_id, bucket, calls_per_minute, burst, started_at);
        if wait > interval '0' then
            return row ('limited', null, null, null, null, null, null, ceil(extract(epoch from wait))::int, null)::request_result;
        end if;
    end if;

    if operation = 'one' then
        select * into target from find_proxy_key(target_id, target_hash);
        if target.account_id is distinct from account_id then
            return row (case when target.id is null then 'unknown' else 'foreign' end,
                        null, null, null, null, null, null, null, null)::request_result;
        end if;
    end if;

    deleted := delete_proxy_keys(receipt_id, account_id, operation, target.id,
                                 first_made => coalesce(target.created_at, '-infinity'),
                                 last_made => coalesce(target.created_at, 'infinity'),
                                 at => started_at);
    balance := update_account(account_id, deleted.credits_returned, deleted.keys_deleted > 0, block_seconds);
    revoked_at := write_receipt(receipt_id, account_id, 'request', operation, target.secret_hash, dedupe_key, requested_by, null,
                                deleted.keys_deleted, 0, deleted.credits_returned, balance);
    if block_seconds > 0 then
        update revocation r set block_seconds = carry_out_revocation.block_seconds where r.id = receipt_id;
    end if;
    return row (outcome, receipt_id, deleted.keys_deleted, 0, deleted.credits_returned, balance,
                floor(extract(epoch from revoked_at))::bigint, null,
                case when deleted.keys_deleted > 0 then some_deleted_keys(receipt_id) end)::request_result;
end
$$;

comment on function carry_out_revocation is
    'Deletes the selected keys of a locked account, or one, as a person asked, credits what they had left, writes the receipt, tells the'
    ' caches, and blocks new keys if wanted.';

-- R__9 grants what is called from outside; everybody else may call nothing.
revoke execute on function
    find_proxy_key, earlier_revocation, is_repeat, some_deleted_keys, count_newer_keys, note_holds, delete_proxy_keys,
    announce_key_change, update_account, write_receipt, carry_out_revocation
    from public;
