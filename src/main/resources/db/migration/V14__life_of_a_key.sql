-- The rest of a key's life: looked up, created, changed, and recreated after a deletion; and accounts and their credits, for the back
-- end of the platform. Nobody who calls these functions needs a right to write a table.
--
-- The functions for the operations (look_up_proxy_key, create_proxy_key, update_proxy_key, recreate_proxy_keys, switch_proxy_key) are
-- the second statement of a transaction whose first is lock_account_for_change (V9), as in V8. What they refuse is an outcome and not
-- an error: the call is counted and the transaction is committed.
--
-- SQLSTATE   raised by               meaning
-- PK005      top_up                  no such account
-- PK011      top_up                  this reference was used for another amount
-- 22003      top_up                  the amount is not finite, not above zero, too large or finer than six decimals
-- 22023      create_account, top_up  the account id or the reference is missing or out of bounds
--
-- Order of locks: account, proxy_key, credit_hold, revocation (V10). recreate_proxy_keys locks the receipt before it inserts keys. That
-- is no other order: nobody else can wait for a key that is not committed, and who locks a receipt beside it has locked the account
-- first, or waits for no lock.

-- The table is locked for a moment only: no row is read. While this waits for a long transaction, every other statement waits behind
-- it; so it gives up after 3 s, and is then applied again.
do
$$
begin
    perform set_config('lock_timeout', '3s', true);
    alter table revoked_key add column recreated_as text;
end
$$;

comment on column revoked_key.recreated_as is 'The identifier of the key that replaces it. Null: it was not recreated.';

create table account_top_up (
    account_id   text           not null,
    reference    text           not null,
    amount       numeric(26, 6) not null,
    topped_up_at timestamptz    not null default clock_timestamp(),
    primary key (account_id, reference),
    constraint account_top_up_reference_length check (char_length(reference) between 1 and 255),
    constraint account_top_up_amount check (amount > 0 and amount <> 'NaN'),
    constraint account_top_up_time_finite check (isfinite(topped_up_at))
);

comment on table account_top_up is 'Credits that came from outside: one row for each reference, kept for ever, so that each counts once.';
comment on column account_top_up.account_id is 'By value: it outlives the account.';
comment on column account_top_up.reference is 'Chosen by the platform, such as the number of an invoice.';

-- Steps ------------------------------------------------------------------------------------------------------------------

create function seconds_to_wait(wait interval) returns int
    language sql immutable as
$$
select case when wait is not null then greatest(1, ceil(extract(epoch from wait)))::int end
$$;

comment on function seconds_to_wait(interval) is 'For Retry-After: whole seconds, one or more.';

create function block_left(account_id text) returns interval
    language plpgsql as
$$
begin
    return (select a.new_keys_blocked_until - clock_timestamp() from account a
             where a.id = block_left.account_id and a.new_keys_blocked_until > clock_timestamp());
end
$$;

comment on function block_left(text) is 'How long no key of this account may be created or get further; null: no block.';

create function as_inet(text text) returns inet
    language plpgsql immutable as
$$
begin
    return text::inet;
exception
    when invalid_text_representation then
        return null;
end
$$;

comment on function as_inet(text) is 'An entry of an IP whitelist; null for what is none.';

-- Halves that are covered each make a block that is covered.
create function ip_covered(block inet, entries inet[]) returns boolean
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

comment on function ip_covered(inet, inet[]) is 'Whether every address of a block is one of these addresses or in one of these blocks.';

create function widens_whitelist(before text[], after text[]) returns boolean
    language plpgsql immutable as
$$
begin
    return cardinality(before) > 0
       and (cardinality(after) = 0 or exists (select from unnest(after) entry
                                            where not exists (select from unnest(before) earlier where earlier = entry)));
end
$$;

comment on function widens_whitelist(text[], text[]) is
    'Whether a list lets through what the one before it did not. An empty list lets everything through.';

create function widens_ip_whitelist(before text[], after text[]) returns boolean
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

comment on function widens_ip_whitelist(text[], text[]) is
    'The same for addresses and CIDR blocks: an entry that those before it cover adds nothing.';

-- What a lost COMMIT has created is found by its secret, and if it was deleted since then, in the receipt of that deletion: an
-- identifier is never used twice. No call is tried again after a minute, so no older receipt is looked into.
create function time_of_creation(account_id text, key_id text, secret_hash bytea) returns timestamptz
    language plpgsql as
$$
declare
    recently   timestamptz := clock_timestamp() - interval '1 minute';
    created_at timestamptz;
begin
    select k.created_at into created_at from proxy_key k
     where k.secret_hash = time_of_creation.secret_hash and k.id = key_id and k.account_id = time_of_creation.account_id;
    if not found then
        select k.created_at into created_at
          from revocation r
          join revoked_key k on k.revocation_id = r.id and k.created_at > recently and k.id = key_id
         where r.account_id = time_of_creation.account_id and r.revoked_at > recently
         limit 1;
    end if;
    return created_at;
end
$$;

comment on function time_of_creation(text, text, bytea) is
    'When an earlier attempt of the same call created this key; null: none did.';

-- Operations -------------------------------------------------------------------------------------------------------------

create type found_key as (
    outcome         text, -- 'found'; 'limited': not looked up; 'foreign', 'unknown': the key is another account's, or none
    retry_after     int,  -- seconds, when limited
    id              text, -- the key, when found:
    name            text,
    allocated       numeric,
    used            numeric,
    is_active       boolean,
    expires_at      timestamptz,
    model_whitelist text[],
    ip_whitelist    text[],
    created_at      timestamptz,
    last_used       timestamptz
);

create function look_up_proxy_key(
    account_id       text,  -- its row is locked already
    target_id        text,  -- the key as named by the caller, if that can be a public identifier,
    target_hash      bytea, -- and the SHA-256 of the same, if it is the full secret
    bucket           text,  -- which limit the call counts against
    calls_per_minute int,   -- that limit; 0: none
    burst            int    -- how many calls may come at once; 1 or more
) returns found_key
    language plpgsql security definer as
$$
declare
    wait   interval;
    target proxy_key;
    result found_key;
begin
    if calls_per_minute > 0 then
        wait := take_token(account_id, bucket, calls_per_minute, burst, clock_timestamp());
        if wait > interval '0' then
            result.outcome := 'limited';
            result.retry_after := seconds_to_wait(wait);
            return result;
        end if;
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

comment on function look_up_proxy_key(text, text, bytea, text, int, int) is 'Reads one key of a locked account.';

create type created_key as (
    outcome     text,       -- 'created'; 'limited', 'blocked': refused for some seconds; 'insufficient': the balance is too low. In these
                            -- three nothing was changed, but in the last two the call is counted
    retry_after int,        -- seconds, when limited or blocked
    created_at  timestamptz -- when created
);

-- The seven parameters of the data plane's function (V2), and those of an operation.
create function create_proxy_key(
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
    language plpgsql security definer as
$$
declare
    wait        interval;
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

    if calls_per_minute > 0 then
        wait := take_token(account_id, bucket, calls_per_minute, burst, clock_timestamp());
        if wait > interval '0' then
            return row ('limited', seconds_to_wait(wait), null)::created_key;
        end if;
    end if;
    wait := block_left(account_id);
    if wait is not null then
        return row ('blocked', seconds_to_wait(wait), null)::created_key;
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

create type key_change as (
    outcome     text, -- 'updated'; 'limited', 'blocked': refused for some seconds; 'foreign', 'unknown': the key is another account's, or
                      -- none; 'past': expires_at; 'used': more is used than would be allocated; 'insufficient': the balance is too low.
                      -- But for the first, the key was not changed
    retry_after int,  -- seconds, when limited or blocked
    key_id      text  -- when updated
);

create function update_proxy_key(
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
    language plpgsql security definer as
$$
#variable_conflict use_variable
declare
    started_at    timestamptz := clock_timestamp();
    wait          interval;
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

    if calls_per_minute > 0 then
        wait := take_token(account_id, bucket, calls_per_minute, burst, started_at);
        if wait > interval '0' then
            return row ('limited', seconds_to_wait(wait), null)::key_change;
        end if;
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

    wait := block_left(account_id);
    if wait is not null and (credits > 0 or expires_at > expiry_before or widens_whitelist(target.model_whitelist, model_whitelist)
                             or widens_ip_whitelist(target.ip_whitelist, ip_whitelist)) then
        return row ('blocked', seconds_to_wait(wait), null)::key_change;
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

comment on function update_proxy_key(text, text, bytea, text, numeric, timestamptz, text[], text[], text, int, int) is
    'Changes the settings of one key of a locked account, moves the difference of its allocation and tells the caches.';

create type recreated_key as (
    outcome           text,    -- 'recreated': one row for each new key, or one row without a key. 'replaced': keys were recreated
                               -- already, one row for each, up to 10,000. Else one row without a key: 'limited', 'blocked': refused for
                               -- some seconds; 'unknown': no such receipt of this account; 'unlisted': a key that is named is not in it;
                               -- 'many': more keys than there are secrets; 'insufficient': the balance is too low
    retry_after       int,     -- seconds, when limited or blocked
    keys_skipped      int,     -- when recreated: how many keys of the receipt, or of those named, were not;
    credits_allocated numeric, -- of all new keys;
    balance           numeric, -- of the account
    replaces          text,    -- the identifier of a deleted key, and of the one that replaces it
    id                text,
    name              text,    -- when recreated: the new key
    allocated         numeric,
    is_active         boolean,
    expires_at        timestamptz,
    model_whitelist   text[],
    ip_whitelist      text[],
    created_at        timestamptz
);

create function recreated_outcome(outcome text, wait interval) returns recreated_key
    language plpgsql immutable as
$$
declare
    result recreated_key;
begin
    result.outcome := outcome;
    result.retry_after := seconds_to_wait(wait);
    return result;
end
$$;

comment on function recreated_outcome(text, interval) is 'A result without a key. Null for wait: no time to wait.';

-- The result of recreate_proxy_keys, from what it has left in the receipt; also if a new key was deleted since.
create function recreated_keys(account_id text, receipt_id uuid, key_ids text[], keys_skipped int) returns setof recreated_key
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
               r.allocated - r.used, r.is_active, r.expires_at, r.model_whitelist, r.ip_whitelist,
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

comment on function recreated_keys(text, uuid, text[], int) is 'The keys of a receipt that were recreated with these identifiers.';

create function recreate_proxy_keys(
    account_id       text,    -- its row is locked already
    receipt_id       uuid,
    named            text[],  -- which keys of the receipt; null: all that can be
    key_ids          text[],  -- for the new keys, chosen by the caller before BEGIN: a retry of a transaction whose outcome is unknown
    secret_hashes    bytea[], -- finds its keys. As many of both; what is not needed is not used
    bucket           text,    -- which limit the call counts against
    calls_per_minute int,     -- that limit; 0: none
    burst            int      -- how many calls may come at once; 1 or more
) returns setof recreated_key
    language plpgsql security definer as
$$
#variable_conflict use_variable
declare
    started_at timestamptz := clock_timestamp();
    wait       interval;
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

    if calls_per_minute > 0 then
        wait := take_token(account_id, bucket, calls_per_minute, burst, started_at);
        if wait > interval '0' then
            return next recreated_outcome('limited', wait);
            return;
        end if;
    end if;
    if not known then
        return next recreated_outcome('unknown', null);
        return;
    end if;
    wait := block_left(account_id);
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
            select f.id, account_id, c.name, f.secret_hash, c.allocated - c.used, c.is_active, c.expires_at, c.model_whitelist,
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

comment on function recreate_proxy_keys(text, uuid, text[], text[], bytea[], text, int, int) is
    'Makes deleted keys of a receipt of a locked account anew, each once, with what they had left and other secrets; all or none.';

create type key_switch as (
    outcome     text, -- 'enabled' or 'disabled', the state now, also if there was nothing to change; 'foreign', 'unknown': the key is
                      -- another account's, or none; 'blocked': it may not be enabled for some seconds
    retry_after int   -- seconds, when blocked
);

-- The four parameters of the released function (V8), and one for the block.
create function switch_proxy_key(
    account_id  text,    -- its row is locked already
    target_id   text,    -- the key as named by the caller, if that can be a public identifier,
    target_hash bytea,   -- and the SHA-256 of the same, if it is the full secret
    wanted      boolean, -- null: the other state
    heed_block  boolean  -- whether no key may be enabled while new keys are blocked
) returns key_switch
    language plpgsql security definer as
$$
declare
    target proxy_key;
    wait   interval;
begin
    select * into target from find_proxy_key(target_id, target_hash);
    if heed_block and target.account_id = account_id and not target.is_active and wanted is distinct from false then
        wait := block_left(account_id);
        if wait is not null then
            return row ('blocked', seconds_to_wait(wait))::key_switch;
        end if;
    end if;
    return row (switch_proxy_key(account_id, target_id, target_hash, wanted), null)::key_switch;
end
$$;

comment on function switch_proxy_key(text, text, bytea, boolean, boolean) is
    'Enables or disables one key of a locked account and tells the caches; enables none during a block. Moves no credits.';

-- Accounts and their credits, for the platform ---------------------------------------------------------------------------------

create function create_account(account_id text) returns void
    language plpgsql security definer as
$$
#variable_conflict use_variable
begin
    if account_id is null or char_length(account_id) not between 1 and 255 or account_id ~ '[\u0001-\u001f\u007f-\u009f]' then
        raise exception 'the account id must have 1 to 255 characters, none of them a control character'
            using errcode = 'invalid_parameter_value';
    end if;
    insert into account (id) values (account_id) on conflict do nothing;
end
$$;

comment on function create_account(text) is 'Makes an account without credits. If it is there already, it stays as it is.';

create function top_up(account_id text, amount numeric, reference text) returns numeric
    language plpgsql security definer as
$$
#variable_conflict use_variable
declare
    earlier account_top_up;
    balance numeric;
begin
    -- NaN and infinity are greater than any number.
    if amount is null or amount <= 0 or amount >= 'Infinity' or amount <> round(amount, 6) then
        raise exception 'the amount must be a finite amount above zero with at most six decimals'
            using errcode = 'numeric_value_out_of_range';
    end if;
    if reference is null or char_length(reference) not between 1 and 255 then
        raise exception 'the reference must have 1 to 255 characters' using errcode = 'invalid_parameter_value';
    end if;

    -- First, and in a statement of its own: the next one sees the top-up that this one waited for.
    select a.balance into balance from account a where a.id = account_id for update;
    if not found then
        raise exception 'no such account' using errcode = 'PK005';
    end if;
    select * into earlier from account_top_up t where t.account_id = account_id and t.reference = reference;
    if found then
        if earlier.amount <> amount then
            raise exception 'this reference was used for another amount' using errcode = 'PK011';
        end if;
        return balance;
    end if;
    insert into account_top_up (account_id, reference, amount) values (account_id, reference, amount);
    return update_account(account_id, credits => amount, keys_changed => false, block_seconds => 0);
end
$$;

comment on function top_up(text, numeric, text) is
    'Adds credits to a balance, once for each account and reference, and returns the balance. Commit at once.';

-- pg_temp last: otherwise a caller's temporary table named account would be used in place of ours.
do
$$
declare
    operation regprocedure;
begin
    foreach operation in array array[
        'look_up_proxy_key(text, text, bytea, text, int, int)',
        'create_proxy_key(text, text, bytea, numeric, timestamptz, text[], text[], text, text, int, int)',
        'update_proxy_key(text, text, bytea, text, numeric, timestamptz, text[], text[], text, int, int)',
        'recreate_proxy_keys(text, uuid, text[], text[], bytea[], text, int, int)',
        'switch_proxy_key(text, text, bytea, boolean, boolean)',
        'create_account(text)',
        'top_up(text, numeric, text)']::regprocedure[]
    loop
        execute format('alter function %s set search_path = %I, pg_temp', operation, current_schema());
    end loop;
end
$$;

-- A plan that was made while the table was small would read all of it: of the receipts of a large installation, for one key.
alter function time_of_creation(text, text, bytea) set enable_seqscan = off;
alter function recreate_proxy_keys(text, uuid, text[], text[], bytea[], text, int, int) set enable_seqscan = off;

-- Functions may be executed by everybody unless that is taken back; ../roles.sql, which runs later, grants the operations.
revoke execute on function
    look_up_proxy_key(text, text, bytea, text, int, int),
    create_proxy_key(text, text, bytea, numeric, timestamptz, text[], text[], text, text, int, int),
    update_proxy_key(text, text, bytea, text, numeric, timestamptz, text[], text[], text, int, int),
    recreate_proxy_keys(text, uuid, text[], text[], bytea[], text, int, int),
    switch_proxy_key(text, text, bytea, boolean, boolean),
    create_account(text),
    top_up(text, numeric, text),
    seconds_to_wait(interval),
    block_left(text),
    as_inet(text),
    ip_covered(inet, inet[]),
    widens_whitelist(text[], text[]),
    widens_ip_whitelist(text[], text[]),
    time_of_creation(text, text, bytea),
    recreated_outcome(text, interval),
    recreated_keys(text, uuid, text[], int)
    from public;
