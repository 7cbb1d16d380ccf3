-- Alerts that name the leaked key, by the SHA-256 of its secret or by its identifier; and burnt secrets: what an alert named can never
-- be created again, whether or not a key had it.
--
-- SQLSTATE   raised by           meaning
-- PK008      any insert of a key an alert has named this secret
-- 40001      carry_out_alert     the key appeared, or changed its owner, after the account was locked; run the transaction again
--
-- Order of locks: account, burnt_secret, proxy_key, credit_hold, revocation.
--
--   * An alert locks the account of the key, in a statement of its own. Then, in statements that see what was committed since, it looks
--     the key up again, burns the secret, and only then deletes the key. (Burning last would deadlock with a creation of that secret.)
--   * Each insert of a key puts the secret's hash into burnt_secret and takes it out again. Nobody ever sees that row, but until the
--     insert's transaction ends, an alert that burns the same secret waits for it, and an insert waits for such an alert. A look into
--     the table would not do: it sees nothing of what is not committed yet, and the key would live.
--   * An alert that found no key, burns the secret and then finds one, has no lock on its account. It may not take it now: it starts again.

create table burnt_secret (
    secret_hash bytea       not null primary key,
    account_id  text,
    key_id      text,
    burnt_at    timestamptz not null default clock_timestamp(),
    constraint burnt_secret_of_a_key check ((account_id is null) = (key_id is null)),
    constraint burnt_secret_time_finite check (isfinite(burnt_at))
);

create index burnt_secret_of_key on burnt_secret (key_id) where key_id is not null;
create index burnt_secret_by_age on burnt_secret (burnt_at) where key_id is null;

comment on table burnt_secret is 'Secrets that an alert named. No key can be created with one of them (PK008).';
comment on column burnt_secret.secret_hash is 'SHA-256 of the full secret, as in proxy_key.';
comment on column burnt_secret.account_id is 'Whose key had it. By value: it outlives the account.';
comment on column burnt_secret.key_id is 'Which key had it. Null: none, as far as is known; then the row is kept 90 days, otherwise for ever.';
comment on column burnt_secret.burnt_at is 'When an alert named it last.';

-- The delete finds the row by its place (ctid).
create function refuse_burnt_secret() returns trigger
    language plpgsql security definer as
$$
declare
    place tid;
begin
    insert into burnt_secret (secret_hash) values (new.secret_hash) on conflict do nothing returning ctid into place;
    if not found then
        raise exception 'this secret has leaked: it cannot be used for a key' using errcode = 'PK008';
    end if;
    delete from burnt_secret b where b.ctid = place;
    return new;
end
$$;

comment on function refuse_burnt_secret() is 'Refuses a key whose secret is burnt, and waits for alerts in flight that name it.';

-- Receipts of alerts. A deletion reads this table and then writes it: so the lock that keeps out both comes first, and not after the one of
-- the index, with which a deletion in flight would deadlock. Revocations wait until the index is made, about a second for a million
-- receipts. While this waits for a long transaction, every other statement waits behind it; so it gives up after 3 s, and is then applied
-- again.
do
$$
begin
    perform set_config('lock_timeout', '3s', true);

    alter table revocation
        add column url text,
        add column reported_by text;
    -- Not unique: a person may have replayed an alert with another account.
    create index revocation_of_alert on revocation (dedupe_key) where trigger = 'alert';

    -- By their names, refuse_blocked_key comes first: the account is locked before the secret.
    create trigger refuse_burnt_secret before insert on proxy_key for each row execute function refuse_burnt_secret();
end
$$;

comment on column revocation.url is 'An alert: where the key was found.';
comment on column revocation.reported_by is 'An alert: who found it.';
comment on column revocation.dedupe_key is 'The request''s Idempotency-Key, or what makes an alert the same: the id of its envelope, or a digest.';

-- First statement of an alert that names a key --------------------------------------------------------------------------------

-- Reads all of revoked_key, which has no index that begins with the identifier: it would make each deletion dearer, for a question
-- that is asked only about a key that is neither alive nor burnt, and only if its owner's other keys are to go.
create function owner_in_receipts(key_id text) returns text
    language sql stable as
$$
select r.account_id from revoked_key k join revocation r on r.id = k.revocation_id where k.id = key_id limit 1
$$;

comment on function owner_in_receipts(text) is 'Whose key it was, by the receipt of its deletion; null if there is none.';

create function lock_account_of_key(
    key_id         text,    -- the key by its identifier,
    secret_hash    bytea,   -- or by the SHA-256 of its secret; the other one is null
    whole_account  boolean, -- whether the owner's other keys are to go: then an owner is looked for also if the key does not live
    stated_account text     -- where no other owner is found; may be null
) returns table (
    account_id  text,       -- the account, locked; null: no owner was found, or there is no such account
    seen_key_id text        -- the key, if it lived before the lock
)
    language plpgsql security definer rows 1 as
$$
#variable_conflict use_variable
declare
    owner text;
begin
    perform set_transaction_promises();
    -- A row lock gives the transaction its number, by which the next statement knows that it is in one. Here there may be none to lock.
    perform pg_current_xact_id();

    select k.account_id, k.id into owner, seen_key_id from find_proxy_key(key_id, secret_hash) k;
    if owner is null and whole_account then
        select b.account_id, b.key_id into owner, seen_key_id from burnt_secret b
         where b.secret_hash = lock_account_of_key.secret_hash or b.key_id = lock_account_of_key.key_id
         order by b.key_id limit 1;
        owner := coalesce(owner, owner_in_receipts(key_id), stated_account);
    end if;
    select a.id into account_id from account a where a.id = owner for update;
    return next;
end
$$;

comment on function lock_account_of_key(text, bytea, boolean, text) is
    'First statement of an alert that names a key: sets what the transaction relies on, and locks the account of its owner.';

-- Second statement of an alert --------------------------------------------------------------------------------------------------

create function burn_secret(secret_hash bytea, account_id text, key_id text) returns void
    language plpgsql as
$$
begin
    insert into burnt_secret as b (secret_hash, account_id, key_id) values (secret_hash, account_id, key_id)
        on conflict on constraint burnt_secret_pkey do update
           set account_id = excluded.account_id, key_id = excluded.key_id, burnt_at = excluded.burnt_at
         where b.key_id is null;
end
$$;

comment on function burn_secret(bytea, text, text) is
    'Keeps a secret from ever being created again. Waits for creations of it that are in flight.';

create function write_alert_receipt(
    receipt_id uuid, account_id text, operation text, dedupe_key text, requested_by text, reported_by text, reason text, url text,
    block_seconds int, keys_deleted int, keys_spared int, credits_returned numeric, balance_after numeric
) returns timestamptz
    language plpgsql as
$$
declare
    revoked_at timestamptz := clock_timestamp();
begin
    insert into revocation (id, account_id, trigger, operation, dedupe_key, requested_by, reported_by, reason, url,
                            block_seconds, keys_deleted, keys_spared, credits_returned, balance_after, revoked_at)
    values (receipt_id, account_id, 'alert', operation, dedupe_key, requested_by, reported_by, reason, url,
            block_seconds, keys_deleted, keys_spared, credits_returned, balance_after, revoked_at);
    return revoked_at;
end
$$;

comment on function write_alert_receipt(uuid, text, text, text, text, text, text, text, int, int, int, numeric, numeric) is
    'Writes the receipt of an alert and returns its time.';

create type alert_result as (
    outcome          text,    -- 'revoked'; 'replayed': the first receipt; 'unknown': the key does not live; 'ownerless': its other
                              -- keys are to go, and no owner was found. In these two no key was changed, but the secret is burnt.
                              -- 'foreign': it is not a key of the account that the alert states; nothing was changed
    was_key          boolean, -- an alert that names a key: whether it lives or is known to have lived
    account_id       text,    -- the receipt's account, if there is a receipt, and what else it says:
    receipt          uuid,
    keys_deleted     int,
    keys_spared      int,
    credits_returned numeric,
    balance_after    numeric,
    revoked_at       bigint,  -- Unix seconds
    key_ids          text[]   -- revoked: of up to 100 deleted keys, the oldest first
);

create function alert_result_of(outcome text, done revocation) returns alert_result
    language sql stable as
$$
select row (outcome, true, done.account_id, done.id, done.keys_deleted, done.keys_spared, done.credits_returned, done.balance_after,
            floor(extract(epoch from done.revoked_at))::bigint,
            case when outcome = 'revoked' and done.keys_deleted > 0 then some_deleted_keys(done.id) end)::alert_result
$$;

comment on function alert_result_of(text, revocation) is 'What a receipt says, as the result of an alert.';

create function carry_out_alert(
    receipt_id     uuid,        -- chosen by the caller before BEGIN: a retry of a transaction whose outcome is unknown finds its receipt
    account_id     text,        -- its row is locked already; null: lock_account_of_key found none
    seen_key_id    text,        -- of lock_account_of_key; null for an alert that names an account
    key_id         text,        -- the key by its identifier,
    secret_hash    bytea,       -- or by the SHA-256 of its secret; both null: the alert names an account
    stated_account text,        -- beside a key: whose it has to be; null: not stated
    whole_account  boolean,     -- whether all keys of the account go that were made until created_until, and not only the named one
    dedupe_key     text,        -- what makes the alert the same; for one that names a key, the key is added here
    requested_by   text,
    reported_by    text,
    reason         text,
    url            text,
    created_until  timestamptz, -- keys made later are spared, but the one that is named
    block_seconds  int          -- how long no new key may be created; 0: no block
) returns alert_result
    language plpgsql security definer as
$$
declare
    started_at timestamptz := clock_timestamp();
    names_key  boolean := key_id is not null or secret_hash is not null;
    known_id   text;
    done       revocation;
    target     proxy_key;
    burnt      burnt_secret;
    named      record;
    others     record;
    keys       int := 0;
    spared     int := 0;
    credits    numeric := 0.000000;
begin
    -- The caller passes no id unless its transaction holds the lock.
    if receipt_id is null or (whole_account and created_until is null) then
        raise exception 'the id of the receipt, or which keys are to go, is not said' using errcode = 'invalid_parameter_value';
    end if;
    -- Done by an earlier attempt?
    select * into done from revocation r where r.id = receipt_id;
    if found then
        return alert_result_of('revoked', done);
    end if;

    if names_key then
        select * into target from find_proxy_key(key_id, secret_hash);
        if target.id is not null and target.account_id is distinct from account_id then
            raise exception 'the key was created after the account was locked' using errcode = 'serialization_failure';
        end if;
        select * into burnt from burnt_secret b
         where b.secret_hash = coalesce(target.secret_hash, carry_out_alert.secret_hash) or b.key_id = carry_out_alert.key_id
         order by b.key_id limit 1;
        known_id := coalesce(target.id, burnt.key_id, seen_key_id);
        -- A key is the same whether it is named by its secret or by its identifier.
        dedupe_key := encode(sha256(convert_to(
            dedupe_key || coalesce(' key ' || coalesce(known_id, key_id), ' sha256 ' || encode(secret_hash, 'hex')), 'UTF8')), 'hex');
        select * into done from revocation r
         where r.trigger = 'alert' and r.dedupe_key = carry_out_alert.dedupe_key order by r.revoked_at limit 1;
        if stated_account <> coalesce(target.account_id, done.account_id, case when whole_account then account_id end) then
            return row ('foreign', known_id is not null, null, null, null, null, null, null, null, null)::alert_result;
        end if;
    else
        select * into done from revocation r
         where r.account_id = carry_out_alert.account_id and r.trigger = 'alert' and r.dedupe_key = carry_out_alert.dedupe_key;
    end if;
    if done.id is not null then
        return alert_result_of('replayed', done);
    end if;

    if target.secret_hash is not null or secret_hash is not null then
        perform burn_secret(coalesce(target.secret_hash, secret_hash), case when known_id is not null then
                                coalesce(target.account_id, burnt.account_id, account_id) end, known_id);
        -- If that had to wait for a creation, the key is there now.
        if target.id is null and exists (select from proxy_key k where k.secret_hash = carry_out_alert.secret_hash) then
            raise exception 'the key was created while the alert was carried out' using errcode = 'serialization_failure';
        end if;
    end if;
    if target.id is null and names_key and not whole_account then
        return row ('unknown', known_id is not null, null, null, null, null, null, null, null, null)::alert_result;
    end if;
    if account_id is null then
        return row ('ownerless', known_id is not null, null, null, null, null, null, null, null, null)::alert_result;
    end if;

    if target.id is not null then
        named := delete_proxy_keys(receipt_id, account_id, 'one', target.id, target.created_at, target.created_at, started_at);
        keys := named.keys_deleted;
        credits := named.credits_returned;
    end if;
    if whole_account then
        others := delete_proxy_keys(receipt_id, account_id, 'all', null, '-infinity', created_until, started_at);
        keys := keys + others.keys_deleted;
        credits := credits + others.credits_returned;
        spared := count_newer_keys(account_id, created_until);
    end if;
    done.id := receipt_id;
    done.account_id := account_id;
    done.keys_deleted := keys;
    done.keys_spared := spared;
    done.credits_returned := credits;
    done.balance_after := update_account(account_id, credits, keys > 0, block_seconds);
    done.revoked_at := write_alert_receipt(receipt_id, account_id, case when whole_account then 'all' else 'one' end, dedupe_key,
                                           requested_by, reported_by, reason, url, block_seconds, keys, spared, credits,
                                           done.balance_after);
    return alert_result_of('revoked', done);
end
$$;

comment on function carry_out_alert(uuid, text, text, text, bytea, text, boolean, text, text, text, text, text, timestamptz, int) is
    'Burns the secret of the key that an alert names, deletes it and, for the whole account, the older ones, credits what they had'
    ' left, writes the receipt and tells the caches.';

-- Purging -----------------------------------------------------------------------------------------------------------------------

-- As in V10, and burnt secrets that were no key's.
create or replace function purge_receipts() returns int
    language plpgsql security definer as
$$
declare
    most     constant int := 10000;
    older    timestamptz := clock_timestamp() - interval '90 days';
    receipts uuid[];
    holds    uuid[];
    secrets  bytea[];
begin
    -- A receipt and its keys go together, the oldest first, until some 10,000 keys are gone; one receipt at least.
    receipts := array(
        select r.id from (
            select oldest.id, sum(oldest.keys_deleted) over (order by oldest.revoked_at, oldest.id) - oldest.keys_deleted as keys_before
              from (select * from revocation where revoked_at < older
                     order by revoked_at, id limit 1000 for update skip locked) oldest
        ) r where r.keys_before < most);
    delete from revoked_key k where k.revocation_id = any (receipts);
    delete from revocation r where r.id = any (receipts);

    -- A hold that is not settled is money, and stays.
    holds := array(
        select h.id from credit_hold h where h.settled is not null and h.settled_at < older
         order by h.settled_at limit most for update skip locked);
    delete from credit_hold h where h.id = any (holds);

    -- Of a key's secret it is known that it leaked, and that stays.
    secrets := array(
        select b.secret_hash from burnt_secret b where b.key_id is null and b.burnt_at < older
         order by b.burnt_at limit most for update skip locked);
    delete from burnt_secret b where b.secret_hash = any (secrets);
    return cardinality(receipts) + cardinality(holds) + cardinality(secrets);
end
$$;

comment on function purge_receipts() is
    'Deletes a batch of receipts, of settled holds, and of burnt secrets that were no key''s, older than 90 days; returns how many.'
    ' Repeat until 0.';

-- pg_temp last: otherwise a caller's temporary table named account would be used in place of ours. Replacing a function takes its
-- settings away.
do
$$
declare
    operation regprocedure;
begin
    foreach operation in array array[
        'refuse_burnt_secret()',
        'purge_receipts()',
        'carry_out_alert(uuid, text, text, text, bytea, text, boolean, text, text, text, text, text, timestamptz, int)',
        'lock_account_of_key(text, bytea, boolean, text)']::regprocedure[]
    loop
        execute format('alter function %s set search_path = %I, pg_temp', operation, current_schema());
    end loop;
    -- A plan that was made while a table was empty would read all of it each time: an insert of 20,000 keys took 45 s
    -- instead of 8.
    alter function refuse_burnt_secret() set enable_seqscan = off;
    alter function purge_receipts() set enable_seqscan = off;
end
$$;

-- ../roles.sql, which runs later, grants the two statements of an alert. The steps are granted to nobody.
revoke execute on function
    refuse_burnt_secret(),
    owner_in_receipts(text),
    lock_account_of_key(text, bytea, boolean, text),
    burn_secret(bytea, text, text),
    write_alert_receipt(uuid, text, text, text, text, text, text, text, int, int, int, numeric, numeric),
    alert_result_of(text, revocation),
    carry_out_alert(uuid, text, text, text, bytea, text, boolean, text, text, text, text, text, timestamptz, int)
    from public;
