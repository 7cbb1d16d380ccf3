-- The deletion: second statement of a transaction whose first is, alone,
--
--     SELECT id FROM account WHERE id = $1 FOR UPDATE
--
-- Why two statements: a statement sees the database as it was when the statement began, that is before it waited for
-- the lock. Only a statement that starts with the lock in hand sees every key whose creation was still in flight.
-- Why FOR UPDATE: an UPDATE of the account takes a weaker lock, which an insert of a key (it holds a KEY SHARE lock on
-- its account through the foreign key) does not wait for; such a key would survive.
--
-- Each statement in the body sees fresh data too. The caller's rights apply (see ../roles.sql).

-- Which keys an operation deletes. The one definition; simple enough for PostgreSQL to inline.
create function proxy_key_selected(operation text, is_active boolean, expires_at timestamptz, used numeric, at timestamptz)
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

comment on function proxy_key_selected(text, boolean, timestamptz, numeric, timestamptz) is
    'Whether an operation (all, expired, inactive, never_used) deletes a key of this state.';

create function revoke_proxy_keys(
    receipt_id       uuid,    -- chosen by the caller before BEGIN: a retry of a transaction whose fate is unknown finds its receipt
    account          text,    -- its row is locked already
    trigger          text,
    operation        text,
    target_id        text,    -- operation 'one': the key as named by the caller, if that can be a public identifier,
    target_hash      bytea,   -- and the SHA-256 of the same, if it is the full secret; null otherwise
    dedupe_key       text,    -- null: every call is a new revocation
    requested_by     text,
    reason           text,
    created_until    timestamptz, -- an alert: keys made later are spared; null: none is
    block_seconds    int,     -- how long no new key may be created; 0: no block
    calls_per_minute int,     -- rate limit; 0: none
    burst            int
) returns table (
    outcome          text,    -- 'revoked'; 'replayed': the first receipt; 'reused': the dedupe key belongs to another operation;
                              -- 'limited': refused, nothing changed; 'foreign', 'unknown': the key is another account's, or
                              -- none: nothing changed but the call is counted
    receipt          uuid,
    keys_deleted     int,
    keys_spared      int,
    credits_returned numeric,
    balance_after    numeric,
    revoked_at       bigint,  -- Unix seconds
    retry_after      int      -- seconds, when limited
)
    language plpgsql as
$$
#variable_conflict use_column
declare
    earlier    revocation;
    done       revocation;
    started_at timestamptz := clock_timestamp(); -- now() is the transaction's start, before the wait for the lock
    interval_  interval;
    paid_until timestamptz;
    too_early  interval;
    target     proxy_key;
    first_made timestamptz := '-infinity';
    last_made  timestamptz := coalesce(created_until, 'infinity');
begin
    if operation not in ('all', 'expired', 'inactive', 'never_used', 'one') then
        raise exception 'unknown operation %', operation using errcode = 'invalid_parameter_value';
    end if;

    -- Has this been done already? Looked up before it is counted: a replay is free.
    select * into earlier from revocation r where r.id = receipt_id;
    if found then
        return query select 'revoked', earlier.id, earlier.keys_deleted, earlier.keys_spared, earlier.credits_returned, earlier.balance_after,
                            floor(extract(epoch from earlier.revoked_at))::bigint, null::int;
        return;
    end if;
    if dedupe_key is not null then
        select * into earlier from revocation r
         where r.account_id = account and r.trigger = revoke_proxy_keys.trigger
           and r.dedupe_key = revoke_proxy_keys.dedupe_key;
        if found then
            return query select case
                                    when earlier.operation <> revoke_proxy_keys.operation then 'reused'
                                    when earlier.operation <> 'one' then 'replayed'
                                    when earlier.target_fingerprint = sha256(uuid_send(earlier.id) || target_hash) then 'replayed'
                                    when exists (select from revoked_key k where k.revocation_id = earlier.id and k.id = target_id)
                                        then 'replayed'
                                    else 'reused'
                                end,
                                earlier.id, earlier.keys_deleted, earlier.keys_spared, earlier.credits_returned, earlier.balance_after,
                                floor(extract(epoch from earlier.revoked_at))::bigint, null::int;
            return;
        end if;
    end if;

    -- GCRA (ITU-T I.371) on the database's clock, so that it holds across all running copies of the function.
    if calls_per_minute > 0 then
        interval_ := interval '1 minute' / calls_per_minute;
        select greatest(case when operation = 'one' then a.remove_paid_until else a.delete_all_paid_until end, started_at)
               + interval_
          into strict paid_until from account a where a.id = account;
        too_early := paid_until - started_at - burst * interval_;
        if too_early > interval '0' then
            return query select 'limited', null::uuid, null::int, null::int, null::numeric, null::numeric, null::bigint,
                                ceil(extract(epoch from too_early))::int;
            return;
        end if;
    end if;

    if operation = 'one' then
        select * into target from proxy_key k where k.id = target_id or k.secret_hash = target_hash
         order by k.id = target_id desc limit 1;
        if target.account_id is distinct from account then
            update account a set remove_paid_until = coalesce(paid_until, a.remove_paid_until) where a.id = account;
            return query select case when target.id is null then 'unknown' else 'foreign' end,
                                null::uuid, null::int, null::int, null::numeric, null::numeric, null::bigint, null::int;
            return;
        end if;
        -- The index finds the key by its place in the account's order, also among a million.
        first_made := target.created_at;
        last_made := target.created_at;
    end if;

    -- Deleted rows are summed as they are deleted: a key that was just being spent is waited for and counted as it is then.
    with gone as (
        delete from proxy_key k
         where k.account_id = account
           and k.created_at between first_made and last_made
           and case
                   when revoke_proxy_keys.operation = 'one' then k.id = target.id
                   else proxy_key_selected(revoke_proxy_keys.operation, k.is_active, k.expires_at, k.used, started_at)
               end
        returning k.id, k.name, k.allocated, k.used, k.is_active, k.expires_at, k.model_whitelist, k.ip_whitelist,
                  k.created_at, k.last_used
    ), kept as (
        insert into revoked_key (revocation_id, id, name, allocated, used, is_active, expires_at, model_whitelist, ip_whitelist,
                                 created_at, last_used)
        select receipt_id, gone.* from gone
        returning allocated, used
    )
    select count(*), coalesce(sum(kept.allocated - kept.used), 0) into done.keys_deleted, done.credits_returned from kept;

    if created_until is not null then
        select count(*) into done.keys_spared from proxy_key k where k.account_id = account and k.created_at > created_until;
    end if;

    update account a
       set balance = a.balance + done.credits_returned,
           keys_version = a.keys_version + (done.keys_deleted > 0)::int,
           -- greatest() passes over null: a block is never shortened.
           new_keys_blocked_until = case when block_seconds > 0
                                         then greatest(a.new_keys_blocked_until,
                                                       clock_timestamp() + block_seconds * interval '1 second')
                                         else a.new_keys_blocked_until end,
           delete_all_paid_until = case when operation = 'one' then a.delete_all_paid_until
                                        else coalesce(paid_until, a.delete_all_paid_until) end,
           remove_paid_until = case when operation = 'one' then coalesce(paid_until, a.remove_paid_until)
                                    else a.remove_paid_until end
     where a.id = account
    returning a.balance into strict done.balance_after;

    insert into revocation (id, account_id, trigger, operation, target_fingerprint, dedupe_key, requested_by, reason,
                            keys_deleted, keys_spared, credits_returned, balance_after, revoked_at)
    values (receipt_id, account, revoke_proxy_keys.trigger, revoke_proxy_keys.operation,
            sha256(uuid_send(receipt_id) || target_hash), revoke_proxy_keys.dedupe_key,
            revoke_proxy_keys.requested_by, revoke_proxy_keys.reason,
            done.keys_deleted, coalesce(done.keys_spared, 0), done.credits_returned, done.balance_after, clock_timestamp())
    returning * into done;

    -- Delivered on commit only. The payload's names are the contract with every cache.
    if done.keys_deleted > 0 then
        perform pg_notify('proxy_keys_changed',
                          json_build_object('account_id', a.id, 'keys_version', a.keys_version)::text)
           from account a where a.id = account;
    end if;

    return query select 'revoked', done.id, done.keys_deleted, done.keys_spared, done.credits_returned, done.balance_after,
                        floor(extract(epoch from done.revoked_at))::bigint, null::int;
end
$$;

comment on function revoke_proxy_keys(uuid, text, text, text, text, bytea, text, text, text, timestamptz, int, int, int) is
    'Deletes the selected keys of a locked account, or one, credits what they had left, writes the receipt and tells the caches.';
