-- Alerts, which may name the leaked key by the SHA-256 of its secret or by its identifier; and burnt secrets: what an alert named can never
-- be created again, whether or not a key had it.
--
-- SQLSTATE   raised by           meaning
-- PK008      any insert of a key an alert has named this secret
-- 40001      carry_out_alert     the key appeared, or changed its owner, after the account was locked; run the transaction again
--
-- An alert locks the account of the key, in a statement of its own. Then, in statements that see what was committed since, it looks the
-- key up again, burns the secret, and only then deletes the key. (Burning last would deadlock with a creation of that secret.)
--
-- An alert and a creation of the same secret that are in flight together wait for each other at the hash's place in proxy_key's unique
-- index: the creation holds it from its insert on, the alert by the key that it deletes, or if it finds none, by a probe. Then the
-- creation looks into burnt_secret, or the alert finds that the place is taken and starts again with that key.

select set_config('search_path', format('%I, pg_temp', current_schema()), false);

-- Burnt secrets ------------------------------------------------------------------------------------------------------------------

-- After the insert, when the new hashes are in the unique index: an alert that is not seen here has not probed yet, and waits for us.
-- "offset 0": each new hash is looked up by the index, however many there were when the plan was made.
create or replace function refuse_burnt_secrets() returns trigger
    language plpgsql security definer
    set search_path from current set enable_seqscan = off as
$$
begin
    -- A probe is of no account.
    if exists (select from inserted i
                where i.account_id <> '' and exists (select from burnt_secret b where b.secret_hash = i.secret_hash offset 0)) then
        raise exception 'this secret has leaked: it cannot be used for a key' using errcode = 'PK008';
    end if;
    return null;
end
$$;

comment on function refuse_burnt_secrets is 'Refuses keys whose secret is burnt.';

-- Under another isolation level a look sees the snapshot, and not an alert that was committed since: there a row that is written and
-- deleted again makes both wait, or fail with 40001. The delete finds it by its place (ctid).
create or replace function refuse_burnt_secret() returns trigger
    language plpgsql security definer
    set search_path from current set enable_seqscan = off as
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

comment on function refuse_burnt_secret is 'Refuses a key whose secret is burnt, and waits for alerts in flight that name it.';

do
$$
begin
    -- While this waits for a long transaction, every write of a key waits behind it; so it gives up, and is applied again.
    perform set_config('lock_timeout', '3s', true);
    create or replace trigger refuse_burnt_secrets after insert on proxy_key referencing new table as inserted
        for each statement execute function refuse_burnt_secrets();
    -- By their names, refuse_blocked_key (R__7) comes first: the account is locked before the secret.
    create or replace trigger refuse_burnt_secret before insert on proxy_key for each row
        when (current_setting('transaction_isolation') <> 'read committed') execute function refuse_burnt_secret();
end
$$;

create or replace function burn_secret(secret_hash bytea, account_id text, key_id text) returns void
    language plpgsql as
$$
begin
    insert into burnt_secret as b (secret_hash, account_id, key_id) values (secret_hash, account_id, key_id)
        on conflict on constraint burnt_secret_pkey do update
           set account_id = excluded.account_id, key_id = excluded.key_id, burnt_at = excluded.burnt_at
         where b.key_id is null;
end
$$;

comment on function burn_secret is
    'Keeps a secret from ever being created again.';

-- For an alert that found no key. The row is of no account, which its deferred foreign key allows until it is gone; nobody ever sees it.
create or replace function probe_secret(secret_hash bytea) returns boolean
    language plpgsql as
$$
declare
    place tid;
begin
    set constraints proxy_key_account_id_fkey deferred;
    insert into proxy_key as k (id, account_id, secret_hash, allocated)
    values ('probe-' || gen_random_uuid(), '', probe_secret.secret_hash, 0)
        on conflict do nothing returning k.ctid into place;
    if not found then
        return false;
    end if;
    delete from proxy_key k where k.ctid = place;
    set constraints proxy_key_account_id_fkey immediate;
    return true;
end
$$;

comment on function probe_secret is
    'Takes the hash''s place among the keys until the transaction ends, so that creations of it wait; waits for one in flight. False: there'
    ' is such a key now.';

-- First statement of an alert that names a key -----------------------------------------------------------------------------------

-- Reads all of revoked_key, which has no index that begins with the identifier: it would make each deletion dearer, for a question
-- that is asked only about a key that is neither alive nor burnt, and only if its owner's other keys are to go.
create or replace function owner_in_receipts(key_id text) returns text
    language sql stable as
$$
select r.account_id from revoked_key k join revocation r on r.id = k.revocation_id where k.id = key_id limit 1
$$;

comment on function owner_in_receipts is 'Whose key it was, by the receipt of its deletion; null if there is none.';

create or replace function lock_account_of_key(
    key_id         text,    -- the key by its identifier,
    secret_hash    bytea,   -- or by the SHA-256 of its secret; the other one is null
    whole_account  boolean, -- whether the owner's other keys are to go: then an owner is looked for also if the key does not live
    stated_account text     -- where no other owner is found; may be null
) returns table (
    account_id  text,       -- the account, locked; null: no owner was found, or there is no such account
    seen_key_id text        -- the key, if it lived before the lock
)
    language plpgsql security definer rows 1
    set search_path from current as
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

comment on function lock_account_of_key is
    'First statement of an alert that names a key: sets what the transaction relies on, and locks the account of its owner.';

-- Second statement of an alert ---------------------------------------------------------------------------------------------------

create or replace function write_alert_receipt(
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

comment on function write_alert_receipt is
    'Writes the receipt of an alert and returns its time.';

create or replace function alert_result_of(outcome text, done revocation) returns alert_result
    language sql stable as
$$
select row (outcome, true, done.account_id, done.id, done.keys_deleted, done.keys_spared, done.credits_returned, done.balance_after,
            floor(extract(epoch from done.revoked_at))::bigint,
            case when outcome = 'revoked' and done.keys_deleted > 0 then some_deleted_keys(done.id) end)::alert_result
$$;

comment on function alert_result_of is 'What a receipt says, as the result of an alert.';

create or replace function carry_out_alert(
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
    language plpgsql security definer
    set search_path from current as
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
        if target.id is null and not probe_secret(secret_hash) then
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

comment on function carry_out_alert is
    'Burns the secret of the key that an alert names, deletes it and, for the whole account, the older ones, credits what they had'
    ' left, writes the receipt and tells the caches.';

-- R__9 grants what is called from outside; everybody else may call nothing.
revoke execute on function
    refuse_burnt_secrets, refuse_burnt_secret, burn_secret, probe_secret, owner_in_receipts, lock_account_of_key, write_alert_receipt,
    alert_result_of, carry_out_alert
    from public;
