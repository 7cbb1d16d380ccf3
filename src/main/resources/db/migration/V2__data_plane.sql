-- What the data plane calls: spend with a key, create a key, lock an account to spend with several.
--
-- All are SECURITY DEFINER, so that its role needs no right to write the tables and cannot move a credit any other
-- way (see ../roles.sql). The search path is therefore fixed at the end of this file, with pg_temp last: otherwise a
-- caller's temporary table named account would be used in place of ours.
--
-- SQLSTATE   raised by             meaning
-- PK001      spend_credits         no such key (never was, or deleted)
-- PK002      spend_credits         the key is disabled
-- PK003      spend_credits         the key has expired
-- PK004      spend_credits         the key has too few credits left
-- PK005      the other two         no such account
-- PK006      create_proxy_key      the account's balance is too low
-- PK007      create_proxy_key,     new keys are blocked for this account at the moment
--            any insert
-- 22003      both                  the amount is not finite, not above zero, too large or finer than six decimals
-- 22023      create_proxy_key      another argument is missing or out of bounds

create function spend_credits(secret_hash bytea, cost numeric) returns numeric
    language plpgsql security definer as
$$
declare
    remaining numeric;
    refused   proxy_key;
begin
    -- "cost > 0" alone lets NaN and infinity through: both are greater than any number.
    if cost is null or cost <= 0 or cost >= 'Infinity' or cost <> round(cost, 6) then
        raise exception 'the cost must be a finite amount above zero with at most six decimals'
            using errcode = 'numeric_value_out_of_range';
    end if;

    -- One statement decides and spends. If it had to wait for another spend, PostgreSQL checks the conditions again on
    -- the row as it is then; if it had to wait for a deletion, there is no row.
    update proxy_key k
       set used = k.used + spend_credits.cost,
           last_used = clock_timestamp()
     where k.secret_hash = spend_credits.secret_hash
       and k.is_active
       and (k.expires_at is null or k.expires_at > clock_timestamp())
       and k.allocated - k.used >= spend_credits.cost
    returning k.allocated - k.used into remaining;
    if found then
        return remaining;
    end if;

    -- Nothing was spent; only the message depends on what is read here.
    select * into refused from proxy_key k where k.secret_hash = spend_credits.secret_hash;
    if not found then
        raise exception 'no such proxy key' using errcode = 'PK001';
    elsif not refused.is_active then
        raise exception 'the proxy key is disabled' using errcode = 'PK002';
    elsif refused.expires_at <= clock_timestamp() then
        raise exception 'the proxy key has expired' using errcode = 'PK003';
    else
        raise exception 'the proxy key has too few credits left' using errcode = 'PK004';
    end if;
end
$$;

comment on function spend_credits(bytea, numeric) is
    'Spends credits of one key and returns what it has left. A transaction spends on one key, or locks the account row first.';

create function create_proxy_key(
    account_id      text,
    name            text,
    secret_hash     bytea,
    allocated       numeric,
    expires_at      timestamptz,
    model_whitelist text[],
    ip_whitelist    text[]
) returns text
    language plpgsql security definer as
$$
#variable_conflict use_column
declare
    owner  account;
    new_id text;
begin
    -- numeric(20,6) holds fourteen digits before the point.
    if allocated is null or allocated <= 0 or allocated >= 1e14 or allocated <> round(allocated, 6) then
        raise exception 'the allocation must be an amount above zero, below 10^14, with at most six decimals'
            using errcode = 'numeric_value_out_of_range';
    end if;
    if char_length(name) > 25 then
        raise exception 'the name must have at most 25 characters' using errcode = 'invalid_parameter_value';
    end if;
    if secret_hash is null or octet_length(secret_hash) <> 32 then
        raise exception 'the secret hash must be a SHA-256: 32 bytes' using errcode = 'invalid_parameter_value';
    end if;

    -- The account's row first and alone: deletions, toggles and creations of one account happen one after the other.
    select * into owner from account a where a.id = create_proxy_key.account_id for update;
    if not found then
        raise exception 'no such account' using errcode = 'PK005';
    end if;
    if owner.new_keys_blocked_until > clock_timestamp() then
        raise exception 'new proxy keys are blocked for this account until %', owner.new_keys_blocked_until
            using errcode = 'PK007';
    end if;
    if owner.balance < create_proxy_key.allocated then
        raise exception 'the balance is too low' using errcode = 'PK006';
    end if;

    update account a set balance = a.balance - create_proxy_key.allocated where a.id = owner.id;
    insert into proxy_key (id, account_id, name, secret_hash, allocated, expires_at, model_whitelist, ip_whitelist)
    values ('ek-proxy-' || replace(gen_random_uuid()::text, '-', ''), owner.id,
            create_proxy_key.name, create_proxy_key.secret_hash, create_proxy_key.allocated, create_proxy_key.expires_at,
            coalesce(create_proxy_key.model_whitelist, '{}'), coalesce(create_proxy_key.ip_whitelist, '{}'))
    returning id into new_id;
    return new_id;
end
$$;

comment on function create_proxy_key(text, text, bytea, numeric, timestamptz, text[], text[]) is
    'Moves credits from the balance into a new key and returns its public identifier.';

-- For a transaction that spends on several keys of an account: called first, it cannot deadlock with a deletion.
create function lock_account(account_id text) returns void
    language plpgsql security definer as
$$
begin
    perform from account a where a.id = lock_account.account_id for update;
    if not found then
        raise exception 'no such account' using errcode = 'PK005';
    end if;
end
$$;

comment on function lock_account(text) is
    'Makes deletions, toggles and creations of this account wait until the transaction ends.';

-- A key that is inserted by other means than create_proxy_key obeys the block too. KEY SHARE is the lock that the foreign key
-- takes anyway, and it waits for a revocation in flight: the block is seen as that leaves it.
create function refuse_blocked_key() returns trigger
    language plpgsql security definer as
$$
declare
    blocked_until timestamptz;
begin
    select a.new_keys_blocked_until into blocked_until from account a where a.id = new.account_id for key share;
    if blocked_until > clock_timestamp() then
        raise exception 'new proxy keys are blocked for this account until %', blocked_until using errcode = 'PK007';
    end if;
    return new;
end
$$;

create trigger refuse_blocked_key before insert on proxy_key for each row execute function refuse_blocked_key();

do
$$
begin
    execute format('alter function refuse_blocked_key() set search_path = %I, pg_temp', current_schema());
    execute format('alter function lock_account(text) set search_path = %I, pg_temp', current_schema());
    execute format('alter function spend_credits(bytea, numeric) set search_path = %I, pg_temp', current_schema());
    execute format('alter function create_proxy_key(text, text, bytea, numeric, timestamptz, text[], text[])'
                   ' set search_path = %I, pg_temp', current_schema());
end
$$;
