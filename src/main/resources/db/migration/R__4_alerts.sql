-- Alerts, which may name the leaked key by the SHA-256 of its secret or by its identifier; and burnt secrets: what an alert named, whether or
-- not a key had it, and what a rotation replaced can never be a key's secret again.
--
-- SQLSTATE   raised by           meaning
-- PK008      any insert of a key an alert has named this secret
-- 40001      act_on_alert        the key appeared, or changed its owner, after the account was locked; run the transaction again
--
-- The secret of a key before its rotation is not the key: an alert that names it ends the overlap, and the key lives on.
--
-- An alert locks the account of the key, in a statement of its own. Then, in statements that see what was committed since, it looks the
-- key up again, burns the secret, and only then deletes the key. (Burning last would deadlock with a creation of that secret.)
--
-- An alert and a creation of the same secret that are in flight together wait for each other at the hash's place in proxy_key's unique
-- index: the creation holds it from its insert on, the alert by the key that it deletes, or if it finds none, by a probe. Then the
-- creation looks into burnt_secret, or the alert finds that the place is taken and starts again with that key.

select set_config('search_path', format('%I, pg_temp', current_schema()), false);

-- Steps of 0.2.0 that nobody calls any more.
drop function if exists
    write_alert_receipt(uuid, text, text, text, text, text, text, text, int, int, int, numeric, numeric),
    alert_result_of(text, revocation);

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
    'Keeps a secret from ever being a key''s again.';

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
select r.account_id from revoked_key k join revocation r on r.id = k.revocation_id where k.id = owner_in_receipts.key_id limit 1
$$;

comment on function owner_in_receipts is 'Whose key it was, by the receipt of its deletion; null if there is none.';

create or replace function lock_account_of_key(
    key_id         text,    -- the key by its identifier,
    secret_hash    bytea,   -- or by the SHA-256 of its secret; the other one is null
    whole_account  boolean, -- whether the owner's other keys are to go: then an owner is looked for also if the key does not live
    stated_account text     -- where no other owner is found; may be null
) returns table (
    account_id  text,       -- the account, locked; null: no owner was found, or there is no such account
    seen_key_id text        -- the key, if it lived before the lock and was not named by its previous secret
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

    select k.account_id, case when k.id = key_id or k.secret_hash = secret_hash then k.id end into owner, seen_key_id
      from proxy_key k
     where k.id = key_id or k.secret_hash = lock_account_of_key.secret_hash or k.previous_secret_hash = lock_account_of_key.secret_hash
     limit 1;
    if owner is null and whole_account then
        select b.account_id, case when b.rotated_at is null then b.key_id end into owner, seen_key_id from burnt_secret b
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

create or replace function end_overlap(key proxy_key) returns void
    language sql as
$$
update proxy_key k set previous_secret_hash = null, previous_valid_until = null where k.id = (key).id
$$;

comment on function end_overlap is 'Ends the overlap of two secrets: from now on the previous one is unknown.';

create or replace function act_on_alert(
    receipt_id     uuid,        -- chosen by the caller before BEGIN: a retry of a transaction whose outcome is unknown finds its receipt
    account_id     text,        -- its row is locked already; null: lock_account_of_key found none
    seen_key_id    text,        -- of lock_account_of_key; null for an alert that names an account
    key_id         text,        -- the key by its identifier,
    secret_hash    bytea,       -- or by the SHA-256 of its secret; both null: the alert names an account
    stated_account text,        -- beside a key: whose it has to be; null: not stated
    whole_account  boolean,     -- whether all keys of the account go that were made until created_until, and not only the named one
    suspends       boolean,     -- whether keys are disabled, and not deleted
    dedupe_key     text,        -- what makes the alert the same; for one that names a key, the key is added here
    requested_by   text,
    reported_by    text,
    reason         text,
    url            text,
    created_until  timestamptz, -- keys made later are spared, but the one that is named
    block_seconds  int,         -- how long no new key may be created; 0: no block
    -- 'done'; 'replayed': the first receipt; 'unknown': the key does not live; 'ownerless': its other keys are to go, and no owner was
    -- found. In these two no key was changed, but the secret is burnt. 'foreign': it is not a key of the account that the alert states;
    -- nothing was changed
    out outcome          text,
    out was_key          boolean, -- an alert that names a key: whether it lives or is known to have lived
    out operation        text,    -- 'all', 'one' or 'old_secret', as in the receipt, if there is one, and what else it says:
    out owner            text,
    out receipt          uuid,    -- of a deletion; or the suspension, but not if an overlap was ended
    out keys             int,     -- how many were deleted or suspended
    out keys_spared      int,
    out credits_returned numeric,
    out balance_after    numeric,
    out at               bigint,  -- Unix seconds
    out key_ids          text[]   -- done: of up to 100 deleted keys, the oldest first; or the one whose overlap was ended
)
    language plpgsql security definer
    set search_path from current as
$$
#variable_conflict use_variable
declare
    started_at timestamptz := clock_timestamp();
    names_key  boolean := key_id is not null or secret_hash is not null;
    known_id   text;
    by_secret  bytea; -- what makes an alert that suspends the same, by the key's secret: if that is what it names,
    by_id      bytea; -- or if it names the key by its identifier
    done       revocation;
    paused     suspension;
    target     proxy_key;
    rotated    proxy_key; -- the key whose previous secret is named, while that works
    burnt      burnt_secret;
    named      record;
begin
    -- The caller passes no id unless its transaction holds the lock.
    if receipt_id is null or (whole_account and created_until is null) then
        raise exception 'the id of the receipt, or which keys are to go, is not said' using errcode = 'invalid_parameter_value';
    end if;

    if names_key then
        select * into target from proxy_key k where k.id = key_id or k.secret_hash = secret_hash;
        if target.id is null then
            select * into rotated from find_proxy_key(null, secret_hash);
        end if;
        if coalesce(target.account_id, rotated.account_id) <> coalesce(account_id, '') then
            raise exception 'the key was created after the account was locked' using errcode = 'serialization_failure';
        end if;
        select * into burnt from burnt_secret b
         where b.secret_hash = coalesce(target.secret_hash, secret_hash) or b.key_id = key_id
         order by b.key_id, b.rotated_at nulls first limit 1;
        known_id := coalesce(target.id, case when burnt.rotated_at is null then burnt.key_id end, seen_key_id);
        was_key := coalesce(known_id, burnt.key_id) is not null;
        -- A suspension burns nothing. So it remembers the secret that its key has, to be found by it when the key is gone, or has another.
        by_secret := sha256(convert_to(dedupe_key, 'UTF8') || coalesce(target.secret_hash, secret_hash));
        by_id := sha256(convert_to(dedupe_key || ' key ', 'UTF8') || coalesce(target.secret_hash, secret_hash));
        -- A key is the same whether it is named by its secret or by its identifier; a secret that was replaced is only itself.
        dedupe_key := encode(sha256(convert_to(
            dedupe_key || coalesce(' key ' || coalesce(known_id, key_id), ' sha256 ' || encode(secret_hash, 'hex')), 'UTF8')), 'hex');
    end if;

    -- Done by an earlier attempt, or by an earlier delivery?
    select * into done from revocation r where r.id = receipt_id;
    select * into paused from suspension s where s.id = receipt_id;
    outcome := case when done.id is not null or paused.id is not null then 'done' else 'replayed' end;
    if outcome = 'replayed' then
        select * into done from revocation r
         where r.trigger = 'alert' and r.dedupe_key = dedupe_key and (names_key or r.account_id = account_id) order by r.revoked_at limit 1;
        if suspends and done.id is null then
            select * into paused from suspension s
             where s.trigger = 'alert' and s.dedupe_key = dedupe_key and (names_key or s.account_id = account_id)
             order by s.suspended_at limit 1;
            if paused.id is null and by_secret is not null then
                -- By its identifier the key was named, and not what has since become an old secret of it.
                select * into paused from suspension s
                 where s.trigger = 'alert'
                   and s.target_fingerprint in (by_secret, case when burnt.rotated_at is null then by_id end) limit 1;
            end if;
        end if;
        if stated_account <> coalesce(target.account_id, rotated.account_id, done.account_id, paused.account_id,
                                      case when whole_account then account_id end) then
            outcome := 'foreign';
            return;
        end if;
    end if;

    if done.id is null and paused.id is null then
        if not suspends and coalesce(target.secret_hash, secret_hash) is not null then
            perform burn_secret(coalesce(target.secret_hash, secret_hash), case when known_id is not null then
                                    coalesce(target.account_id, burnt.account_id, account_id) end, known_id);
            if target.id is null and rotated.id is null and not probe_secret(secret_hash) then
                raise exception 'the key was created while the alert was carried out' using errcode = 'serialization_failure';
            end if;
        end if;
        if names_key and target.id is null and rotated.id is null and not whole_account then
            outcome := 'unknown';
            return;
        elsif account_id is null then
            outcome := 'ownerless';
            return;
        end if;

        outcome := 'done';
        if rotated.id is not null then
            perform end_overlap(rotated);
            if whole_account then
                target := rotated;
            end if;
        end if;
        if suspends and (whole_account or target.id is not null) then
            paused.id := receipt_id;
            paused.account_id := account_id;
            paused.trigger := 'alert';
            paused.operation := case when whole_account then 'all' else 'one' end;
            paused.target_fingerprint := case when secret_hash is null then by_id else by_secret end;
            paused.dedupe_key := dedupe_key;
            paused.requested_by := requested_by;
            paused.reported_by := reported_by;
            paused.reason := reason;
            paused.url := url;
            paused.block_seconds := block_seconds;
            paused.keys_suspended := suspend_named_keys(paused, array[target.id]);
            if whole_account then
                paused.keys_suspended := paused.keys_suspended + suspend_selected_keys(paused, created_until, started_at);
                -- The named one is not spared, however new.
                paused.keys_spared := count_newer_keys(account_id, created_until) - coalesce(target.created_at > created_until, false)::int;
            end if;
            if rotated.id is not null and paused.keys_suspended = 0 then
                -- It was disabled already. Its overlap ended nevertheless, and caches are told.
                perform update_account(account_id, credits => 0, keys_changed => true, block_seconds => 0);
            end if;
            paused := write_suspension(paused);
        else
            done.id := receipt_id;
            done.account_id := account_id;
            done.trigger := 'alert';
            done.operation := case when whole_account then 'all' when target.id is null then 'old_secret' else 'one' end;
            done.dedupe_key := dedupe_key;
            done.requested_by := requested_by;
            done.reported_by := reported_by;
            done.reason := reason;
            done.url := url;
            done.block_seconds := block_seconds;
            done.keys_deleted := 0;
            done.credits_returned := 0.000000;
            if done.operation = 'old_secret' then
                done.rotated_key_id := rotated.id;
            elsif target.id is not null then
                named := delete_proxy_keys(receipt_id, account_id, 'one', null, target.id, target.created_at, target.created_at, started_at);
                done.keys_deleted := named.keys_deleted;
                done.credits_returned := named.credits_returned;
            end if;
            if whole_account then
                named := delete_proxy_keys(receipt_id, account_id, 'all', null, null, '-infinity', created_until, started_at);
                done.keys_deleted := done.keys_deleted + named.keys_deleted;
                done.credits_returned := done.credits_returned + named.credits_returned;
                done.keys_spared := count_newer_keys(account_id, created_until);
            end if;
            done.balance_after := update_account(account_id, done.credits_returned, done.keys_deleted > 0 or rotated.id is not null,
                                                 block_seconds);
            done := write_receipt(done);
        end if;
    end if;

    if paused.id is not null then
        operation := paused.operation;
        owner := paused.account_id;
        receipt := paused.id;
        keys := paused.keys_suspended;
        keys_spared := paused.keys_spared;
        at := floor(extract(epoch from paused.suspended_at));
    else
        operation := done.operation;
        owner := done.account_id;
        receipt := done.id;
        keys := done.keys_deleted;
        keys_spared := done.keys_spared;
        credits_returned := done.credits_returned;
        balance_after := done.balance_after;
        at := floor(extract(epoch from done.revoked_at));
        if done.rotated_key_id is not null then
            key_ids := array[done.rotated_key_id];
        elsif outcome = 'done' and keys > 0 then
            key_ids := some_deleted_keys(done.id);
        end if;
    end if;
end
$$;

comment on function act_on_alert is
    'Burns the secret of the key that an alert names, deletes it and, for the whole account, the older ones, credits what they had'
    ' left, writes the receipt and tells the caches; or disables them, and burns nothing.';

-- For 0.2.0: its statement and its result.
create or replace function carry_out_alert(
    receipt_id uuid, account_id text, seen_key_id text, key_id text, secret_hash bytea, stated_account text, whole_account boolean,
    dedupe_key text, requested_by text, reported_by text, reason text, url text, created_until timestamptz, block_seconds int
) returns alert_result
    language sql security definer
    set search_path from current as
$$
select row (case a.outcome when 'done' then 'revoked' else a.outcome end, coalesce(a.was_key, a.receipt is not null), a.owner, a.receipt, a.keys,
            a.keys_spared, a.credits_returned, a.balance_after, a.at, a.key_ids)::alert_result
  from act_on_alert(receipt_id, account_id, seen_key_id, key_id, secret_hash, stated_account, whole_account, false, dedupe_key, requested_by,
                    reported_by, reason, url, created_until, block_seconds) a
$$;

comment on function carry_out_alert is 'What 0.2.0 calls for act_on_alert.';

-- R__9 grants what is called from outside; everybody else may call nothing.
revoke execute on function
    refuse_burnt_secrets, refuse_burnt_secret, burn_secret, probe_secret, owner_in_receipts, lock_account_of_key, end_overlap, act_on_alert,
    carry_out_alert
    from public;
