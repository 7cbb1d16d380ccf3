-- The deletion in steps, each a function of its own, so that what comes next changes a step and not everything.
--
-- carry_out_revocation and switch_proxy_key are the second statement of a transaction whose first is, alone,
--
--     SELECT id FROM account WHERE id = $1 FOR UPDATE
--
-- Why two statements: a statement sees the database as it was when the statement began, that is before it waited for the
-- lock. Only a statement that starts while the lock is held sees every key whose creation was still in flight.
-- Why FOR UPDATE: an UPDATE of the account takes a weaker lock, which an insert of a key (it holds a KEY SHARE lock on
-- its account through the foreign key) does not wait for; such a key would survive.
--
-- Both are SECURITY DEFINER, so that whoever calls them needs no right to write the tables and cannot move a credit any
-- other way (see ../roles.sql). The steps act with the rights of these two and are granted to nobody.
--
-- Steps that change something are in PL/pgSQL, which keeps their plans (PostgreSQL before version 18 plans a function in SQL
-- again for each call), and VOLATILE, the default: each of their statements sees fresh data. The two that find a row are in SQL
-- and STABLE: PostgreSQL puts them into the statement that uses them, which saves a call.
--
-- No parameter has a default: a later version is an overload with a further parameter, and the calls of both are unambiguous.
--
-- revoke_proxy_keys, toggle_proxy_key and the account's columns *_paid_until are those of the function before this release.
-- They stay for one more release, because this migration comes before the function and both run for a while.

-- A row for each limit that an account has used, so that a new operation needs no new column.
create table rate_limit (
    account_id text        not null,
    bucket     text        not null,
    paid_until timestamptz not null,
    primary key (account_id, bucket),
    constraint rate_limit_finite check (isfinite(paid_until))
);

comment on table rate_limit is
    'How far each of an account''s limits is used up. A row whose time has passed means the same as no row.';
comment on column rate_limit.account_id is 'By value: the function locks the account before it writes here.';
comment on column rate_limit.bucket is 'Which limit: delete-all, remove. Operations with the same bucket share its tokens.';
comment on column rate_limit.paid_until is 'The "theoretical arrival time" of GCRA: each call pays one interval in advance.';

-- Steps ------------------------------------------------------------------------------------------------------------------

create function earlier_revocation(receipt_id uuid, account_id text, trigger text, dedupe_key text) returns setof revocation
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

comment on function earlier_revocation(uuid, text, text, text) is
    'The receipt of this revocation if an earlier attempt wrote it, else the one with the same dedupe key, if there is one.';

create function is_repeat(earlier revocation, operation text, target_id text, target_hash bytea) returns boolean
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

comment on function is_repeat(revocation, text, text, bytea) is
    'Whether a dedupe key is used again for what it was used for first: the same operation, and for one key the same key.';

-- GCRA (ITU-T I.371) on the database's clock, so that it holds across all running instances of the function. Whoever calls it
-- holds the account's lock: no two transactions take from a bucket at the same time.
create function take_token(account_id text, bucket text, calls_per_minute int, burst int, at timestamptz) returns interval
    language plpgsql as
$$
declare
    per_call   interval := interval '1 minute' / calls_per_minute;
    -- A call is let through if no more than this is paid for in advance.
    latest     timestamptz := at + (burst - 1) * per_call;
    paid_until timestamptz;
begin
    update rate_limit l set paid_until = greatest(l.paid_until, at) + per_call
     where l.account_id = take_token.account_id and l.bucket = take_token.bucket and l.paid_until <= latest;
    if found then
        return interval '0';
    end if;
    select l.paid_until into paid_until from rate_limit l
     where l.account_id = take_token.account_id and l.bucket = take_token.bucket;
    if found then
        return paid_until - latest;
    end if;
    insert into rate_limit (account_id, bucket, paid_until) values (take_token.account_id, take_token.bucket, at + per_call);
    return interval '0';
end
$$;

comment on function take_token(text, text, int, int, timestamptz) is
    'Counts a call against one of the account''s limits and returns 0; or counts nothing and returns how long to wait.';

create function find_proxy_key(target_id text, target_hash bytea) returns setof proxy_key
    language sql stable as
$$
select * from proxy_key k where k.id = target_id or k.secret_hash = target_hash order by k.id = target_id desc limit 1
$$;

comment on function find_proxy_key(text, bytea) is
    'The live key with this public identifier, or else with this SHA-256 of its secret, whoever owns it.';

-- Deleted rows are summed as they are deleted: a key that was just being spent is waited for and counted as it is then. A
-- sum of its own would see another snapshot, and mint credits.
create function delete_proxy_keys(
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
end
$$;

comment on function delete_proxy_keys(uuid, text, text, text, timestamptz, timestamptz, timestamptz) is
    'Deletes the selected keys of an account and keeps their settings with the receipt; returns how many, and what they had left.';

create function count_newer_keys(account_id text, created_until timestamptz) returns int
    language plpgsql as
$$
begin
    return (select count(*) from proxy_key k
             where k.account_id = count_newer_keys.account_id and k.created_at > created_until);
end
$$;

comment on function count_newer_keys(text, timestamptz) is 'How many live keys of an account were made later than this.';

create function announce_key_change(account_id text, keys_version bigint) returns text
    language sql as
$$
select pg_notify('proxy_keys_changed', json_build_object('account_id', account_id, 'keys_version', keys_version)::text)::text
$$;

comment on function announce_key_change(text, bigint) is
    'Tells every cache to drop the keys of an account; delivered on commit only. The payload''s names are the contract with caches.';

-- The one UPDATE of the account, and the one place that raises its version: no change of keys can forget to announce it.
-- A block is never shortened: greatest() passes over null.
create function update_account(account_id text, credits numeric, keys_changed boolean, block_seconds int) returns numeric
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

comment on function update_account(text, numeric, boolean, int) is
    'Gives credits to the balance and returns it; if keys changed, raises the version and tells the caches; blocks new keys for some'
    ' seconds, if any. Fails if there is no such account.';

create function write_receipt(
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

comment on function write_receipt(uuid, text, text, text, bytea, text, text, text, int, int, numeric, numeric) is
    'Writes the receipt and returns its time.';

-- Operations -------------------------------------------------------------------------------------------------------------

create type revocation_result as (
    outcome          text,    -- 'revoked'; 'replayed': the first receipt; 'reused': the dedupe key belongs to another operation;
                              -- 'limited': refused, nothing changed; 'foreign', 'unknown': the key is another account's, or
                              -- none: nothing changed but the call is counted
    receipt          uuid,    -- the receipt, if there is one:
    keys_deleted     int,
    keys_spared      int,
    credits_returned numeric,
    balance_after    numeric,
    revoked_at       bigint,  -- Unix seconds
    retry_after      int      -- seconds, when limited
);

create function carry_out_revocation(
    receipt_id       uuid,    -- chosen by the caller before BEGIN: a retry of a transaction whose outcome is unknown finds its receipt
    account_id       text,    -- its row is locked already
    trigger          text,    -- 'request' or 'alert'
    operation        text,    -- 'all', 'expired', 'inactive', 'never_used' or 'one'
    target_id        text,    -- operation 'one': the key as named by the caller, if that can be a public identifier,
    target_hash      bytea,   -- and the SHA-256 of the same, if it is the full secret; null otherwise
    dedupe_key       text,    -- null: every call is a new revocation
    requested_by     text,
    reason           text,
    created_until    timestamptz, -- an alert: keys made later are spared; null: none is
    block_seconds    int,     -- how long no new key may be created; 0: no block
    bucket           text,    -- which limit the call counts against
    calls_per_minute int,     -- that limit; 0: none
    burst            int      -- how many calls may come at once; 1 or more
) returns revocation_result
    language plpgsql security definer as
$$
declare
    started_at timestamptz := clock_timestamp(); -- now() is the transaction's start, before the wait for the lock
    done       revocation;
    outcome    text := 'revoked';
    wait       interval;
    target     proxy_key;
    deleted    record;
    spared     int := 0;
    balance    numeric;
    revoked_at timestamptz;
begin
    if operation not in ('all', 'expired', 'inactive', 'never_used', 'one') then
        raise exception 'unknown operation %', operation using errcode = 'invalid_parameter_value';
    end if;

    -- Has this been done already? Looked up before it is counted: a replay is free.
    select * into done from earlier_revocation(receipt_id, account_id, trigger, dedupe_key);
    if done.id is not null then
        if done.id is distinct from receipt_id then
            outcome := case when is_repeat(done, operation, target_id, target_hash) then 'replayed' else 'reused' end;
        end if;
        return row (outcome, done.id, done.keys_deleted, done.keys_spared, done.credits_returned, done.balance_after,
                    floor(extract(epoch from done.revoked_at))::bigint, null)::revocation_result;
    end if;

    if calls_per_minute > 0 then
        wait := take_token(account_id, bucket, calls_per_minute, burst, started_at);
        if wait > interval '0' then
            return row ('limited', null, null, null, null, null, null, ceil(extract(epoch from wait))::int)::revocation_result;
        end if;
    end if;

    if operation = 'one' then
        select * into target from find_proxy_key(target_id, target_hash);
        if target.account_id is distinct from account_id then
            return row (case when target.id is null then 'unknown' else 'foreign' end,
                        null, null, null, null, null, null, null)::revocation_result;
        end if;
    end if;

    deleted := delete_proxy_keys(receipt_id, account_id, operation, target.id,
                                 first_made => coalesce(target.created_at, '-infinity'),
                                 last_made => coalesce(target.created_at, created_until, 'infinity'),
                                 at => started_at);
    balance := update_account(account_id, deleted.credits_returned, deleted.keys_deleted > 0, block_seconds);
    if created_until is not null then
        spared := count_newer_keys(account_id, created_until);
    end if;
    revoked_at := write_receipt(receipt_id, account_id, trigger, operation, target_hash, dedupe_key, requested_by, reason,
                                deleted.keys_deleted, spared, deleted.credits_returned, balance);
    return row (outcome, receipt_id, deleted.keys_deleted, spared, deleted.credits_returned, balance,
                floor(extract(epoch from revoked_at))::bigint, null)::revocation_result;
end
$$;

comment on function carry_out_revocation(uuid, text, text, text, text, bytea, text, text, text, timestamptz, int, text, int, int) is
    'Deletes the selected keys of a locked account, or one, credits what they had left, writes the receipt and tells the caches.';

create function switch_proxy_key(
    account_id  text,    -- its row is locked already
    target_id   text,    -- the key as named by the caller, if that can be a public identifier,
    target_hash bytea,   -- and the SHA-256 of the same, if it is the full secret
    wanted      boolean  -- null: the other state
) returns text           -- 'enabled' or 'disabled', the state now, also if there was nothing to change; 'foreign', 'unknown': the
                         -- key is another account's, or none
    language plpgsql security definer as
$$
declare
    target  proxy_key;
    enabled boolean;
begin
    select * into target from find_proxy_key(target_id, target_hash);
    if target.account_id is distinct from account_id then
        return case when target.id is null then 'unknown' else 'foreign' end;
    end if;

    enabled := coalesce(wanted, not target.is_active);
    if enabled <> target.is_active then
        update proxy_key k set is_active = enabled where k.id = target.id;
        perform update_account(account_id, credits => 0, keys_changed => true, block_seconds => 0);
    end if;
    return case when enabled then 'enabled' else 'disabled' end;
end
$$;

comment on function switch_proxy_key(text, text, bytea, boolean) is
    'Enables or disables one key of a locked account and tells the caches. Moves no credits.';

-- pg_temp last: otherwise a caller's temporary table named account would be used in place of ours.
do
$$
declare
    operation regprocedure;
begin
    foreach operation in array array[
        'carry_out_revocation(uuid, text, text, text, text, bytea, text, text, text, timestamptz, int, text, int, int)',
        'switch_proxy_key(text, text, bytea, boolean)']::regprocedure[]
    loop
        execute format('alter function %s set search_path = %I, pg_temp', operation, current_schema());
    end loop;
end
$$;

-- Functions may be executed by everybody unless that is taken back; ../roles.sql, which runs later, grants the two operations.
revoke execute on function
    carry_out_revocation(uuid, text, text, text, text, bytea, text, text, text, timestamptz, int, text, int, int),
    switch_proxy_key(text, text, bytea, boolean),
    earlier_revocation(uuid, text, text, text),
    is_repeat(revocation, text, text, bytea),
    take_token(text, text, int, int, timestamptz),
    find_proxy_key(text, bytea),
    delete_proxy_keys(uuid, text, text, text, timestamptz, timestamptz, timestamptz),
    count_newer_keys(text, timestamptz),
    update_account(text, numeric, boolean, int),
    write_receipt(uuid, text, text, text, bytea, text, text, text, int, int, numeric, numeric),
    announce_key_change(text, bigint)
    from public;
