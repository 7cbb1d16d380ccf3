-- The life of a key: looked up, created, changed, toggled, and recreated after a deletion.
--
-- Each operation is the second statement of a transaction whose first is lock_account_for_change (R__1). What it refuses is an outcome
-- and not an error: the call is counted and the transaction is committed.

select set_config('search_path', format('%I, pg_temp', current_schema()), false);

-- Steps of 0.2.0 that nobody calls any more.
drop function if exists switch_proxy_key(text, text, bytea, boolean), recreated_outcome(text, interval);

-- Look up --------------------------------------------------------------------------------------------------------------------------

create or replace function look_up_proxy_key(
    account_id       text,  -- its row is locked already
    target_id        text,  -- the key as named by the caller, if that can be a public identifier,
    target_hash      bytea, -- and the SHA-256 of the same, if it is the full secret
    bucket           text,  -- which limit the call counts against
    calls_per_minute int,   -- that limit; 0: none
    burst            int    -- how many calls may come at once; 1 or more
) returns found_key
    language plpgsql security definer
    set search_path from current as
$$
declare
    wait   int;
    target proxy_key;
    result found_key;
begin
    wait := seconds_until_allowed(account_id, bucket, calls_per_minute, burst);
    if wait is not null then
        result.outcome := 'limited';
        result.retry_after := wait;
        return result;
    end if;
    select * into target from find_proxy_key(target_id, target_hash);
    if target.account_id is distinct from account_id then
        result.outcome := case when target.id is null then 'unknown' else 'foreign' end;
        return result;
    end if;
    return row ('found', null, target.id, target.name, target.allocated, target.used, target.is_active, target.expires_at,
                target.model_whitelist, target.ip_whitelist, target.created_at, target.last_used)::found_key;
end
$$;

comment on function look_up_proxy_key is 'Reads one key of a locked account.';

-- Create ---------------------------------------------------------------------------------------------------------------------------

-- What a lost COMMIT has created is found by its secret, and if it was deleted since then, in the receipt of that deletion: an identifier
-- is never used twice. No call is tried again after a minute, so no older receipt is looked into. By the index: a plan that was made
-- while the table was small would read all of it.
create or replace function time_of_creation(account_id text, key_id text, secret_hash bytea) returns timestamptz
    language plpgsql
    set enable_seqscan = off as
$$
declare
    recently   timestamptz := clock_timestamp() - interval '1 minute';
    created_at timestamptz;
begin
    select k.created_at into created_at from proxy_key k
     where k.secret_hash = time_of_creation.secret_hash and k.id = time_of_creation.key_id and k.account_id = time_of_creation.account_id;
    if not found then
        select k.created_at into created_at
          from revocation r
          join revoked_key k on k.revocation_id = r.id and k.created_at > recently and k.id = time_of_creation.key_id
         where r.account_id = time_of_creation.account_id and r.revoked_at > recently
         limit 1;
    end if;
    return created_at;
end
$$;

comment on function time_of_creation is
    'When an earlier attempt of the same call created this key; null: none did.';

-- The seven parameters of the data plane's function (R__7), and those of an operation.
create or replace function create_proxy_key(
    account_id       text,        -- its row is locked already
    name             text,
    secret_hash      bytea,
    allocated        numeric,
    expires_at       timestamptz, -- null: never
    model_whitelist  text[],
    ip_whitelist     text[],
    key_id           text,        -- chosen by the caller before BEGIN, as the secret: a retry of a transaction whose outcome is unknown
                                  -- finds its key
    bucket           text,        -- which limit the call counts against
    calls_per_minute int,         -- that limit; 0: none
    burst            int          -- how many calls may come at once; 1 or more
) returns created_key
    language plpgsql security definer
    set search_path from current as
$$
declare
    wait        int;
    balance     numeric;
    created_at  timestamptz := time_of_creation(account_id, key_id, secret_hash);
begin
    if created_at is not null then
        return row ('created', null, created_at)::created_key;
    end if;

    if allocated is null or allocated <= 0 or allocated >= 1e14 or allocated <> round(allocated, 6) then
        raise exception 'the allocation must be an amount above zero, below 10^14, with at most six decimals'
            using errcode = 'numeric_value_out_of_range';
    end if;
    if account_id is null or key_id !~ '^ek-proxy-[0-9a-f]{32}$' or octet_length(secret_hash) <> 32 or name is null then
        raise exception 'the account, the name, the identifier or the secret hash is missing or malformed'
            using errcode = 'invalid_parameter_value';
    end if;

    wait := seconds_until_allowed(account_id, bucket, calls_per_minute, burst);
    if wait is not null then
        return row ('limited', wait, null)::created_key;
    end if;
    wait := seconds_to_wait(block_left(account_id));
    if wait is not null then
        return row ('blocked', wait, null)::created_key;
    end if;
    select a.balance into balance from account a where a.id = create_proxy_key.account_id;
    if balance < allocated then
        return row ('insufficient', null, null)::created_key;
    end if;

    perform update_account(account_id, credits => -allocated, keys_changed => false, block_seconds => 0);
    insert into proxy_key as k (id, account_id, name, secret_hash, allocated, expires_at, model_whitelist, ip_whitelist)
    values (key_id, account_id, name, secret_hash, allocated, expires_at, model_whitelist, ip_whitelist)
    returning k.created_at into created_at;
    return row ('created', null, created_at)::created_key;
end
$$;

comment on function create_proxy_key(text, text, bytea, numeric, timestamptz, text[], text[], text, text, int, int) is
    'Moves credits from the balance of a locked account into a new key.';

-- Change ---------------------------------------------------------------------------------------------------------------------------

create or replace function widens_whitelist(before text[], after text[]) returns boolean
    language plpgsql immutable as
$$
begin
    return cardinality(before) > 0
       and (cardinality(after) = 0 or exists (select from unnest(after) entry
                                            where not exists (select from unnest(before) earlier where earlier = entry)));
end
$$;

comment on function widens_whitelist is
    'Whether a list lets through what the one before it did not. An empty list lets everything through.';

create or replace function as_inet(text text) returns inet
    language plpgsql immutable as
$$
begin
    return text::inet;
exception
    when invalid_text_representation then
        return null;
end
$$;

comment on function as_inet is 'An entry of an IP whitelist; null for what is none.';

-- Halves that are covered each make a block that is covered.
create or replace function ip_covered(block inet, entries inet[]) returns boolean
    language plpgsql immutable as
$$
begin
    if block is null then
        return false;
    elsif block <<= any (entries) then
        return true;
    elsif block >> any (entries) then
        return ip_covered(set_masklen(host(network(block))::inet, masklen(block) + 1), entries)
           and ip_covered(network(set_masklen(host(broadcast(block))::inet, masklen(block) + 1))::inet, entries);
    end if;
    return false;
end
$$;

comment on function ip_covered is 'Whether every address of a block is one of these addresses or in one of these blocks.';

create or replace function widens_ip_whitelist(before text[], after text[]) returns boolean
    language plpgsql immutable as
$$
declare
    entries inet[];
begin
    if not widens_whitelist(before, after) then
        return false;
    elsif cardinality(after) = 0 then
        return true;
    end if;
    entries := array(select as_inet(entry) from unnest(before) entry where as_inet(entry) is not null);
    return exists (select from unnest(after) entry
                    where not exists (select from unnest(before) earlier where earlier = entry)
                      and not ip_covered(as_inet(entry), entries));
end
$$;

comment on function widens_ip_whitelist is
    'The same for addresses and CIDR blocks: an entry that those before it cover adds nothing.';

create or replace function update_proxy_key(
    account_id       text,        -- its row is locked already
    target_id        text,        -- the key as named by the caller, if that can be a public identifier,
    target_hash      bytea,       -- and the SHA-256 of the same, if it is the full secret
    name             text,        -- null, as for the next ones: stays as it is
    allocated        numeric,
    expires_at       timestamptz, -- 'infinity': never
    model_whitelist  text[],
    ip_whitelist     text[],
    bucket           text,        -- which limit the call counts against
    calls_per_minute int,         -- that limit; 0: none
    burst            int          -- how many calls may come at once; 1 or more
) returns key_change
    language plpgsql security definer
    set search_path from current as
$$
#variable_conflict use_variable
declare
    started_at    timestamptz := clock_timestamp();
    wait          int;
    target        proxy_key;
    expiry_before timestamptz;
    credits       numeric;
    balance       numeric;
begin
    -- NaN and infinity are greater than any number.
    if allocated <= 0 or allocated >= 1e14 or allocated <> round(allocated, 6) then
        raise exception 'the allocation must be an amount above zero, below 10^14, with at most six decimals'
            using errcode = 'numeric_value_out_of_range';
    end if;

    wait := seconds_until_allowed(account_id, bucket, calls_per_minute, burst);
    if wait is not null then
        return row ('limited', wait, null)::key_change;
    end if;
    select * into target from find_proxy_key(target_id, target_hash);
    if target.account_id is distinct from account_id then
        return row (case when target.id is null then 'unknown' else 'foreign' end, null, null)::key_change;
    end if;

    -- Who locked the account sees all of the key but used and last_used as it is when we commit.
    expiry_before := coalesce(target.expires_at, 'infinity');
    -- Callers know whole seconds.
    if date_trunc('second', expiry_before) = expires_at then
        expires_at := expiry_before;
    elsif expires_at <= started_at then
        return row ('past', null, null)::key_change;
    end if;
    expires_at := coalesce(expires_at, expiry_before);
    model_whitelist := coalesce(model_whitelist, target.model_whitelist);
    ip_whitelist := coalesce(ip_whitelist, target.ip_whitelist);
    credits := coalesce(allocated, target.allocated) - target.allocated;

    wait := seconds_to_wait(block_left(account_id));
    if wait is not null and (credits > 0 or expires_at > expiry_before or widens_whitelist(target.model_whitelist, model_whitelist)
                             or widens_ip_whitelist(target.ip_whitelist, ip_whitelist)) then
        return row ('blocked', wait, null)::key_change;
    end if;
    select a.balance into balance from account a where a.id = account_id;
    if balance < credits then
        return row ('insufficient', null, null)::key_change;
    end if;

    -- Whoever spends or holds with the key may be under way: PostgreSQL checks the condition on what is used when they are done.
    update proxy_key k
       set name = coalesce(name, target.name),
           allocated = target.allocated + credits,
           expires_at = nullif(expires_at, 'infinity'),
           model_whitelist = model_whitelist,
           ip_whitelist = ip_whitelist
     where k.id = target.id and k.used <= target.allocated + credits;
    if not found then
        return row ('used', null, null)::key_change;
    end if;
    perform update_account(account_id, credits => -credits, keys_changed => true, block_seconds => 0);
    return row ('updated', null, target.id)::key_change;
end
$$;

comment on function update_proxy_key is
    'Changes the settings of one key of a locked account, moves the difference of its allocation and tells the caches.';

-- Enable and disable ---------------------------------------------------------------------------------------------------------------

create or replace function switch_proxy_key(
    account_id  text,    -- its row is locked already
    target_id   text,    -- the key as named by the caller, if that can be a public identifier,
    target_hash bytea,   -- and the SHA-256 of the same, if it is the full secret
    wanted      boolean, -- null: the other state
    heed_block  boolean  -- whether no key may be enabled while new keys are blocked
) returns key_switch
    language plpgsql security definer
    set search_path from current as
$$
declare
    target  proxy_key;
    enabled boolean;
    wait    int;
begin
    select * into target from find_proxy_key(target_id, target_hash);
    if target.account_id is distinct from account_id then
        return row (case when target.id is null then 'unknown' else 'foreign' end, null)::key_switch;
    end if;

    enabled := coalesce(wanted, not target.is_active);
    if heed_block and enabled and not target.is_active then
        wait := seconds_to_wait(block_left(account_id));
        if wait is not null then
            return row ('blocked', wait)::key_switch;
        end if;
    end if;
    -- Also to the state that it has: from now on the key is as its owner set it, and in no suspension.
    if enabled <> target.is_active or target.suspended_by is not null then
        update proxy_key k set is_active = enabled, suspended_by = null where k.id = target.id;
        perform update_account(account_id, credits => 0, keys_changed => enabled <> target.is_active, block_seconds => 0);
    end if;
    return row (case when enabled then 'enabled' else 'disabled' end, null)::key_switch;
end
$$;

comment on function switch_proxy_key is
    'Enables or disables one key of a locked account and tells the caches; enables none during a block. Moves no credits.';

-- Recreate -------------------------------------------------------------------------------------------------------------------------

create or replace function recreated_outcome(outcome text, seconds int) returns recreated_key
    language plpgsql immutable as
$$
declare
    result recreated_key;
begin
    result.outcome := outcome;
    result.retry_after := seconds;
    return result;
end
$$;

comment on function recreated_outcome is 'A result without a key. Null for the seconds: no time to wait.';

-- The result of recreate_proxy_keys, from what it has left in the receipt; also if a new key was deleted since.
create or replace function recreated_keys(account_id text, receipt_id uuid, key_ids text[], keys_skipped int) returns setof recreated_key
    language plpgsql as
$$
#variable_conflict use_column
declare
    credits_allocated numeric;
    balance           numeric;
begin
    select coalesce(sum(r.allocated - r.used), 0.000000) into credits_allocated
      from revoked_key r where r.revocation_id = receipt_id and r.recreated_as = any (key_ids);
    select a.balance into balance from account a where a.id = recreated_keys.account_id;
    return query
        select 'recreated', null::int, recreated_keys.keys_skipped, credits_allocated, balance, r.id, r.recreated_as, r.name,
               r.allocated - r.used, r.is_active or r.suspended_by is not null, r.expires_at, r.model_whitelist, r.ip_whitelist,
               coalesce(k.created_at, clock_timestamp())
          from revoked_key r
          left join proxy_key k on k.id = r.recreated_as
         where r.revocation_id = receipt_id and r.recreated_as = any (key_ids)
         order by r.created_at, r.id;
    if not found then
        return query select 'recreated', null::int, recreated_keys.keys_skipped, credits_allocated, balance, null, null, null,
                            null::numeric, null::boolean, null::timestamptz, null::text[], null::text[], null::timestamptz;
    end if;
end
$$;

comment on function recreated_keys is 'The keys of a receipt that were recreated with these identifiers.';

-- It locks the receipt before it inserts keys. That is no other order of locks: nobody else can wait for a key that is not committed, and
-- who locks a receipt beside it has locked the account first, or waits for no lock. By the index, as above.
create or replace function recreate_proxy_keys(
    account_id       text,    -- its row is locked already
    receipt_id       uuid,
    named            text[],  -- which keys of the receipt; null: all that can be
    key_ids          text[],  -- for the new keys, chosen by the caller, the same in a retry: if the outcome was unknown, it
    secret_hashes    bytea[], -- finds its keys. As many of both; what is not needed is not used
    bucket           text,    -- which limit the call counts against
    calls_per_minute int,     -- that limit; 0: none
    burst            int      -- how many calls may come at once; 1 or more
) returns setof recreated_key
    language plpgsql security definer
    set search_path from current set enable_seqscan = off as
$$
#variable_conflict use_variable
declare
    started_at timestamptz := clock_timestamp();
    wait       int;
    known      boolean;
    listed     record;
    made       int;
begin
    if account_id is null or key_ids is null or cardinality(key_ids) is distinct from cardinality(secret_hashes) then
        raise exception 'the account, the identifiers or the secret hashes are missing' using errcode = 'invalid_parameter_value';
    end if;

    -- Only from now on is it certain that the receipt is not purged before we commit.
    perform from revocation r where r.id = receipt_id and r.account_id = account_id for no key update;
    known := found;
    if known then
        -- can_be: recreated now; was: recreated before; by_us: in an earlier attempt of this call.
        select count(*) as total,
               count(*) filter (where r.recreated_as is null and r.allocated > r.used
                                      and (r.expires_at is null or r.expires_at > started_at)) as can_be,
               sum(r.allocated - r.used) filter (where r.recreated_as is null
                                                       and (r.expires_at is null or r.expires_at > started_at)) as credits,
               count(r.recreated_as) as was,
               count(*) filter (where r.recreated_as = any (key_ids)) as by_us
          into listed
          from revoked_key r
         where r.revocation_id = receipt_id and (named is null or r.id = any (named));
        if listed.by_us > 0 then
            return query select * from recreated_keys(account_id, receipt_id, key_ids, (listed.total - listed.by_us)::int);
            return;
        end if;
    end if;

    wait := seconds_until_allowed(account_id, bucket, calls_per_minute, burst);
    if wait is not null then
        return next recreated_outcome('limited', wait);
        return;
    end if;
    if not known then
        return next recreated_outcome('unknown', null);
        return;
    end if;
    wait := seconds_to_wait(block_left(account_id));
    if wait is not null then
        return next recreated_outcome('blocked', wait);
        return;
    end if;
    if listed.total < (select count(distinct id) from unnest(named) id) then
        return next recreated_outcome('unlisted', null);
        return;
    end if;
    if listed.was > 0 and (named is not null or listed.can_be = 0) then
        return query
            select 'replaced', null::int, null::int, null::numeric, null::numeric, r.id, r.recreated_as, null, null::numeric,
                   null::boolean, null::timestamptz, null::text[], null::text[], null::timestamptz
              from revoked_key r
             where r.revocation_id = receipt_id and r.recreated_as is not null and (named is null or r.id = any (named))
             order by r.created_at, r.id limit 10000;
        return;
    end if;
    if listed.can_be > cardinality(key_ids) then
        return next recreated_outcome('many', null);
        return;
    end if;
    if (select a.balance from account a where a.id = account_id) < listed.credits then
        return next recreated_outcome('insufficient', null);
        return;
    end if;

    if listed.can_be > 0 then
        perform update_account(account_id, credits => -listed.credits, keys_changed => false, block_seconds => 0);
        with chosen as (
            select r.ctid as place, r.*, row_number() over (order by r.created_at, r.id) as number
              from revoked_key r
             where r.revocation_id = receipt_id and (named is null or r.id = any (named))
               and r.recreated_as is null and r.allocated > r.used and (r.expires_at is null or r.expires_at > started_at)
        ), fresh as (
            select * from unnest(key_ids, secret_hashes) with ordinality as f (id, secret_hash, number)
        ), inserted as (
            insert into proxy_key (id, account_id, name, secret_hash, allocated, is_active, expires_at, model_whitelist, ip_whitelist)
            select f.id, account_id, c.name, f.secret_hash, c.allocated - c.used, c.is_active or c.suspended_by is not null, c.expires_at, c.model_whitelist,
                   c.ip_whitelist
              from chosen c join fresh f using (number) order by number
        )
        update revoked_key r set recreated_as = f.id
          from chosen c join fresh f using (number)
         where r.ctid = c.place and r.recreated_as is null;
        get diagnostics made = row_count;
        if made <> listed.can_be then
            raise exception 'a key of the receipt was recreated by another transaction' using errcode = 'serialization_failure';
        end if;
    end if;
    return query select * from recreated_keys(account_id, receipt_id, key_ids, (listed.total - listed.can_be)::int);
end
$$;

comment on function recreate_proxy_keys is
    'Makes deleted keys of a receipt of a locked account anew, each once, with what they had left and other secrets; all or none.';

-- R__9 grants what is called from outside; everybody else may call nothing.
revoke execute on function
    look_up_proxy_key, time_of_creation,
    create_proxy_key(text, text, bytea, numeric, timestamptz, text[], text[], text, text, int, int), widens_whitelist, as_inet,
    ip_covered, widens_ip_whitelist, update_proxy_key, switch_proxy_key, recreated_outcome, recreated_keys, recreate_proxy_keys
    from public;
