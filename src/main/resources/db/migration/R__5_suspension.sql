-- Suspensions: keys that are disabled together, by a person or an alert, and can be enabled together. No credit moves.
--
-- A key knows its suspension (suspended_by). Whatever else enables or disables it takes it out: a resumption enables only what nobody has
-- touched since. suspend_proxy_keys and resume_proxy_keys are the second statement of a transaction whose first is
-- lock_account_for_change (R__1); alerts use the steps (R__4).

select set_config('search_path', format('%I, pg_temp', current_schema()), false);

-- Steps ----------------------------------------------------------------------------------------------------------------------------

-- An alert takes over every suspension. A person takes over those of persons only: resuming theirs must not enable a key that leaked.
create or replace function can_be_suspended(is_active boolean, suspended_by uuid, trigger text) returns boolean
    language sql stable as
$$
select is_active
    or (suspended_by is not null
        and (trigger = 'alert' or exists (select from suspension s where s.id = suspended_by and s.trigger = 'request')))
$$;

comment on function can_be_suspended is 'Whether a suspension by this trigger takes a key of this state.';

create or replace function suspend_named_keys(paused suspension, key_ids text[]) returns int
    language plpgsql as
$$
declare
    keys int;
begin
    update proxy_key k set is_active = false, suspended_by = (paused).id
     where k.id = any (key_ids) and k.account_id = (paused).account_id
       and can_be_suspended(k.is_active, k.suspended_by, (paused).trigger);
    get diagnostics keys = row_count;
    return keys;
end
$$;

comment on function suspend_named_keys is 'Disables the keys with these identifiers; returns how many.';

create or replace function suspend_selected_keys(paused suspension, created_until timestamptz, at timestamptz) returns int
    language plpgsql as
$$
declare
    keys int;
begin
    update proxy_key k set is_active = false, suspended_by = (paused).id
     where k.account_id = (paused).account_id
       and k.created_at <= created_until
       and can_be_suspended(k.is_active, k.suspended_by, (paused).trigger)
       -- The named one was taken before.
       and k.suspended_by is distinct from (paused).id
       and key_is_selected((paused).operation, (paused).name_prefix, k.name, k.is_active, k.suspended_by, k.expires_at, k.used, at);
    get diagnostics keys = row_count;
    return keys;
end
$$;

comment on function suspend_selected_keys is 'Disables the keys that the operation of a suspension selects, made until then; returns how many.';

create or replace function write_suspension(inout paused suspension)
    language plpgsql as
$$
begin
    perform update_account(paused.account_id, credits => 0, keys_changed => paused.keys_suspended > 0,
                           block_seconds => coalesce(paused.block_seconds, 0));
    paused.suspended_at := clock_timestamp();
    paused.block_seconds := coalesce(paused.block_seconds, 0);
    paused.keys_spared := coalesce(paused.keys_spared, 0);
    paused.keys_resumed := 0;
    paused.transaction_id := pg_current_xact_id();
    insert into suspension select paused.*;
end
$$;

comment on function write_suspension is 'Tells the caches, blocks new keys if wanted, and writes the suspension, stamped with the time; returns it.';

-- For who enables or disables a key by hand: the functions write both columns. After and not before: a trigger before an update would
-- lock each row that is spent on.
create or replace function forget_suspension() returns trigger
    language plpgsql security definer
    set search_path from current as
$$
begin
    update proxy_key k set suspended_by = null where k.id = new.id and k.suspended_by = new.suspended_by;
    return null;
end
$$;

comment on function forget_suspension is 'Takes a key out of its suspension.';

do
$$
begin
    -- While this waits for a long transaction, every write of a key waits behind it; so it gives up, and is applied again.
    perform set_config('lock_timeout', '3s', true);
    create or replace trigger forget_suspension after update of is_active on proxy_key for each row
        when (old.suspended_by is not null and new.suspended_by = old.suspended_by) execute function forget_suspension();
end
$$;

-- The operations -------------------------------------------------------------------------------------------------------------------

create or replace function suspend_proxy_keys(
    suspension_id    uuid,    -- chosen by the caller before BEGIN: a retry of a transaction whose outcome is unknown finds its suspension
    account_id       text,    -- its row is locked already
    operation        text,    -- 'several', or what key_is_selected knows
    name_prefix      text,    -- only keys whose name begins with it; null: any
    target_ids       text[],  -- operation 'several': each key as named by the caller, if that can be a public identifier,
    target_hashes    bytea[], -- and the SHA-256 of the same; null otherwise
    targets_digest   bytea,   -- the same for the same names in any order
    dedupe_key       text,    -- null: every call is a new suspension
    requested_by     text,
    subject          text,
    block_seconds    int,     -- how long no new key may be created; 0: no block. A part of what the dedupe key stands for
    bucket           text,    -- which limit the call counts against
    calls_per_minute int,     -- that limit; 0: none
    burst            int,     -- how many calls may come at once; 1 or more
    -- 'suspended'; 'replayed': the first suspension; 'reused': the dedupe key belongs to something else; 'limited': nothing was changed
    out outcome        text,
    out suspension     uuid,  -- if there is one:
    out keys_suspended int,
    out suspended_at   bigint, -- Unix seconds
    out retry_after    int     -- seconds, when limited
)
    language plpgsql security definer
    set search_path from current as
$$
#variable_conflict use_variable
declare
    done suspension;
begin
    if suspension_id is null then
        raise exception 'the id of the suspension is missing' using errcode = 'invalid_parameter_value';
    end if;
    select * into done from suspension s
     where s.id = suspension_id or (s.account_id = account_id and s.trigger = 'request' and s.dedupe_key = dedupe_key)
     order by s.id = suspension_id desc limit 1;
    if done.id is null then
        if dedupe_key is not null and exists (select from revocation r where r.account_id = account_id and r.trigger = 'request'
                                                                         and r.dedupe_key = dedupe_key) then
            outcome := 'reused';
            return;
        end if;
        retry_after := seconds_until_allowed(account_id, bucket, calls_per_minute, burst);
        if retry_after is not null then
            outcome := 'limited';
            return;
        end if;
        outcome := 'suspended';
        done.id := suspension_id;
        done.account_id := account_id;
        done.trigger := 'request';
        done.operation := operation;
        done.name_prefix := name_prefix;
        done.target_fingerprint := sha256(uuid_send(suspension_id) || targets_digest);
        done.dedupe_key := dedupe_key;
        done.requested_by := requested_by;
        done.subject := subject;
        done.block_seconds := block_seconds;
        done.keys_suspended := case operation
            when 'several' then suspend_named_keys(done, array(select f.id from find_proxy_keys(account_id, target_ids, target_hashes) f))
            else suspend_selected_keys(done, 'infinity', clock_timestamp()) end;
        done := write_suspension(done);
    else
        outcome := case
            when done.id = suspension_id then 'suspended'
            when done.operation = operation and done.block_seconds = block_seconds and done.name_prefix is not distinct from name_prefix
                 and done.target_fingerprint is not distinct from sha256(uuid_send(done.id) || targets_digest) then 'replayed'
            else 'reused' end;
    end if;
    suspension := done.id;
    keys_suspended := done.keys_suspended;
    suspended_at := floor(extract(epoch from done.suspended_at));
end
$$;

comment on function suspend_proxy_keys is 'Disables the selected or named keys of a locked account that are active, and tells the caches.';

create or replace function resume_proxy_keys(
    account_id       text, -- its row is locked already
    suspension_id    uuid,
    bucket           text, -- which limit the call counts against
    calls_per_minute int,  -- that limit; 0: none
    burst            int,  -- how many calls may come at once; 1 or more
    out outcome     text, -- 'resumed'; 'unknown': no such suspension of this account; 'limited', 'blocked': refused for some seconds
    out keys_resumed int, -- when resumed
    out skipped      int, -- how many of the suspended keys are neither resumed now nor in the suspension any more
    out remaining    int, -- how many are still in it: a call enables 100,000
    out retry_after  int  -- seconds, when limited or blocked
)
    language plpgsql security definer
    set search_path from current as
$$
#variable_conflict use_variable
declare
    most constant int := 100000;
    done suspension;
begin
    if account_id is null then
        raise exception 'the account is missing' using errcode = 'invalid_parameter_value';
    end if;
    retry_after := seconds_until_allowed(account_id, bucket, calls_per_minute, burst);
    if retry_after is not null then
        outcome := 'limited';
        return;
    end if;
    select * into done from suspension s where s.id = suspension_id and s.account_id = account_id;
    if done.id is null then
        outcome := 'unknown';
        return;
    end if;
    retry_after := seconds_to_wait(block_left(account_id));
    if retry_after is not null then
        outcome := 'blocked';
        return;
    end if;

    outcome := 'resumed';
    update proxy_key k set is_active = true, suspended_by = null
     where k.id in (select c.id from proxy_key c where c.account_id = account_id and c.suspended_by = suspension_id
                     order by c.created_at, c.id limit most)
       and k.suspended_by = suspension_id;
    get diagnostics keys_resumed = row_count;
    remaining := case when keys_resumed < most then 0
                      else (select count(*) from proxy_key k where k.account_id = account_id and k.suspended_by = suspension_id) end;
    skipped := done.keys_suspended - keys_resumed - remaining;
    update suspension s
       set keys_resumed = s.keys_resumed + keys_resumed,
           resumed_at = coalesce(s.resumed_at, case when remaining = 0 then clock_timestamp() end)
     where s.id = suspension_id;
    perform update_account(account_id, credits => 0, keys_changed => keys_resumed > 0, block_seconds => 0);
end
$$;

comment on function resume_proxy_keys is
    'Enables the keys that are still in a suspension of a locked account, and tells the caches; none during a block.';

-- R__9 grants what is called from outside; everybody else may call nothing.
revoke execute on function
    can_be_suspended, suspend_named_keys, suspend_selected_keys, write_suspension, forget_suspension, suspend_proxy_keys, resume_proxy_keys
    from public;
