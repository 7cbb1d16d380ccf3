-- A deletion that a person asks for may block new keys, and says which keys it deleted; and receipts can be read one after the other
-- without missing one.
--
-- revoked_at is not the order in which receipts appear: of two revocations of different accounts the later one may be committed
-- first, and who reads by revoked_at passes over the other. The transaction's number does not have that trouble, together with
-- pg_snapshot_xmin(pg_current_snapshot()): every transaction below that has ended, so what is not there then never will be.
-- src/docs/operations.md has the query.
--
-- One value for all rows that are there, so the table is not rewritten. Revocations wait until the index is made: about a second for
-- a million receipts. As in V10 it gives up if it does not get the table within 3 s, and is then applied again.
do
$$
begin
    perform set_config('lock_timeout', '3s', true);
    alter table revocation
        add column transaction_id xid8 not null default pg_current_xact_id(),
        add column block_seconds int not null default 0;
    create index revocation_in_order on revocation (transaction_id, id);
end
$$;

comment on column revocation.transaction_id is
    'The transaction that wrote the receipt. With pg_snapshot_xmin(pg_current_snapshot()) it is a cursor that misses none.';
comment on column revocation.block_seconds is
    'For how long it blocked new keys. 0: it did not, or was written before this was kept.';

create function some_deleted_keys(receipt_id uuid) returns text[]
    language plpgsql stable as
$$
begin
    return array(select k.id from revoked_key k where k.revocation_id = receipt_id order by k.created_at, k.id limit 100);
end
$$;

comment on function some_deleted_keys(uuid) is 'The identifiers of up to 100 keys of a receipt, the oldest key first. For the log.';

-- Whatever the planner expects of a table that was empty when it looked: by the index.
alter function some_deleted_keys(uuid) set enable_seqscan = off;

create type request_result as (
    outcome          text,    -- as in revocation_result (V8)
    receipt          uuid,
    keys_deleted     int,
    keys_spared      int,     -- 0: a request spares none
    credits_returned numeric,
    balance_after    numeric,
    revoked_at       bigint,  -- Unix seconds
    retry_after      int,     -- seconds, when limited
    key_ids          text[]   -- revoked: of up to 100 deleted keys, the oldest first
);

-- The operation of V8 for requests only; V15 has that for alerts. The one of V8 stays for the function before this release.
create function carry_out_revocation(
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
    language plpgsql security definer as
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
    revoked_at := write_receipt(receipt_id, account_id, 'request', operation, target_hash, dedupe_key, requested_by, null,
                                deleted.keys_deleted, 0, deleted.credits_returned, balance);
    if block_seconds > 0 then
        update revocation r set block_seconds = carry_out_revocation.block_seconds where r.id = receipt_id;
    end if;
    return row (outcome, receipt_id, deleted.keys_deleted, 0, deleted.credits_returned, balance,
                floor(extract(epoch from revoked_at))::bigint, null,
                case when deleted.keys_deleted > 0 then some_deleted_keys(receipt_id) end)::request_result;
end
$$;

comment on function carry_out_revocation(uuid, text, text, text, bytea, text, text, int, text, int, int) is
    'Deletes the selected keys of a locked account, or one, as a person asked, credits what they had left, writes the receipt, tells the'
    ' caches, and blocks new keys if wanted.';

-- pg_temp last: otherwise a caller's temporary table named account would be used in place of ours.
do
$$
begin
    execute format('alter function carry_out_revocation(uuid, text, text, text, bytea, text, text, int, text, int, int)'
                   ' set search_path = %I, pg_temp', current_schema());
end
$$;

-- roles.sql grants the operation, and the two of V9 that were left to everybody. The step is granted to nobody.
revoke execute on function
    carry_out_revocation(uuid, text, text, text, bytea, text, text, int, text, int, int),
    some_deleted_keys(uuid),
    set_transaction_promises(),
    lock_account_for_change(text)
    from public;
