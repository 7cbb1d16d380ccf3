-- What the data plane calls: spend with a key, and create a key; and what holds for every insert of a key, however it is made.
-- R__6 has its holds, R__1 lock_account.
--
-- SQLSTATE   raised by             meaning
-- PK001      spend_credits         no such key (never was, deleted, or named by a secret that was replaced)
-- PK002      spend_credits         the key is disabled
-- PK003      spend_credits         the key has expired
-- PK004      spend_credits         the key has too few credits left
-- PK005      create_proxy_key,     no such account
--            lock_account
-- PK006      create_proxy_key      the account's balance is too low
-- PK007      any insert            new keys are blocked for this account now
-- 22003      both                  the amount is not finite, not above zero, too large or finer than six decimals
-- 22023      create_proxy_key      another argument is missing or out of bounds

select set_config('search_path', format('%I, pg_temp', current_schema()), false);

create or replace function spend_credits(secret_hash bytea, cost numeric) returns numeric
    language plpgsql security definer
    set search_path from current as
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

    -- Perhaps it is the secret from before a rotation. A statement of its own: if the first one had to wait for the rotation, the key is
    -- found here. Last, so that it costs the other spends nothing.
    update proxy_key k
       set used = k.used + spend_credits.cost,
           last_used = clock_timestamp()
     where k.previous_secret_hash = spend_credits.secret_hash
       and k.previous_valid_until > clock_timestamp()
       and k.is_active
       and (k.expires_at is null or k.expires_at > clock_timestamp())
       and k.allocated - k.used >= spend_credits.cost
    returning k.allocated - k.used into remaining;
    if found then
        return remaining;
    end if;

    -- Nothing was spent; only the message depends on what is read here.
    select * into refused from find_proxy_key(null, spend_credits.secret_hash);
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

comment on function spend_credits is
    'Spends credits of one key and returns what it has left. A transaction spends on one key, or locks the account row first.';

create or replace function create_proxy_key(
    account_id      text,
    name            text,
    secret_hash     bytea,
    allocated       numeric,
    expires_at      timestamptz,
    model_whitelist text[],
    ip_whitelist    text[]
) returns text
    language plpgsql security definer
    set search_path from current as
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
    if expires_at < '0001-01-01 00:00:00+00' or expires_at >= '10000-01-01 00:00:00+00' then
        raise exception 'the expiry must be in the years 1 to 9999, or null for a key that never expires'
            using errcode = 'invalid_parameter_value';
    end if;
    if array_ndims(model_whitelist) > 1 or array_ndims(ip_whitelist) > 1 then
        raise exception 'a whitelist must have one dimension' using errcode = 'invalid_parameter_value';
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

-- A key that is inserted by other means than create_proxy_key obeys the block too. It locks its account FOR NO KEY UPDATE, as a change of
-- the balance does, and not FOR KEY SHARE as the foreign key does.
--
-- Why: KEY SHARE lets updates of the account pass, and does not wait in line with other locks. An update of the balance leaves two
-- versions of the row, and PostgreSQL locks both: who takes KEY SHARE begins with the one, who has waited FOR UPDATE with the
-- other. Under load that was a deadlock in one of some thousand transactions (SQLSTATE 40P01; an insert, a creation, or a deletion
-- was rolled back). The stronger lock waits in line. Its price: inserts into one account happen one after the other, as creations
-- do, and a settlement of a deleted key waits for an insert in flight.
--
-- The functions that delete and create stay with FOR UPDATE: the lock of the foreign key is KEY SHARE, and would be all that is
-- left if this trigger were disabled.
create or replace function refuse_blocked_key() returns trigger
    language plpgsql security definer
    set search_path from current as
$$
declare
    blocked_until timestamptz;
begin
    select a.new_keys_blocked_until into blocked_until from account a where a.id = new.account_id for no key update;
    if blocked_until > clock_timestamp() then
        raise exception 'new proxy keys are blocked for this account until %', blocked_until using errcode = 'PK007';
    end if;
    return new;
end
$$;

comment on function refuse_blocked_key is 'Refuses a key while new keys are blocked for its account, and locks the account.';

do
$$
begin
    -- While this waits for a long transaction, every write of a key waits behind it; so it gives up, and is applied again.
    perform set_config('lock_timeout', '3s', true);
    create or replace trigger refuse_blocked_key before insert on proxy_key for each row execute function refuse_blocked_key();
end
$$;

-- R__9 grants what is called from outside; everybody else may call nothing.
revoke execute on function
    spend_credits, create_proxy_key(text, text, bytea, numeric, timestamptz, text[], text[]), refuse_blocked_key
    from public;
