-- The function reads times as instants of the years 1 to 9999 and whitelists as lists. V6 refuses everything else, in three
-- migrations that may be applied while everything runs, one straight after the other: this one cleans what is there already, V6
-- adds the constraints for new rows, V7 cleans what came in between and validates them. What a key may do stays the same, so no
-- cache has to be told.
--
-- Column                       Value                     Becomes
-- expires_at                   infinity                  null: an expiry of infinity is none
--                              after the year 9999       the last microsecond of 9999: so far away, too, that it makes no difference
--                              -infinity, before year 1  the first moment of the year 1: it has passed long ago, too
-- last_used                    infinite, outside         null: it says nothing about when the key was used
-- created_at (revoked_key),    infinite, outside         the nearest time of the years 1 to 9999: the order stays
-- revoked_at                                             (proxy_key.created_at has had a constraint from the beginning)
-- model_whitelist,             more than one dimension   one dimension, the elements in the same order: "= any (…)" finds the same
-- ip_whitelist                                           (elements that are null stay)

-- As in V2, and refuses such an expiry and such whitelists.
create or replace function create_proxy_key(
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

-- Replacing a function forgets its settings. Why the search path is fixed: V2.
do
$$
begin
    execute format('alter function create_proxy_key(text, text, bytea, numeric, timestamptz, text[], text[])'
                   ' set search_path = %I, pg_temp', current_schema());
end
$$;

-- Changes only what the table above names; repeated, it changes nothing.
create function clean_odd_times_and_whitelists() returns void
    language plpgsql as
$$
declare
    earliest constant timestamptz := '0001-01-01 00:00:00+00';
    latest   constant timestamptz := '9999-12-31 23:59:59.999999+00';
    keys     text[];
    owners   text[];
begin
    update revocation
       set revoked_at = greatest(earliest, least(revoked_at, latest))
     where not revoked_at between earliest and latest;

    -- A comparison with null is null, so a time that is missing is not odd.
    update revoked_key
       set expires_at = case when expires_at < 'infinity' then greatest(earliest, least(expires_at, latest)) end,
           created_at = greatest(earliest, least(created_at, latest)),
           last_used = case when last_used between earliest and latest then last_used end,
           model_whitelist = array(select unnest(model_whitelist)),
           ip_whitelist = array(select unnest(ip_whitelist))
     where not expires_at between earliest and latest
        or not created_at between earliest and latest
        or not last_used between earliest and latest
        or array_ndims(model_whitelist) > 1
        or array_ndims(ip_whitelist) > 1;

    -- The keys are found without a lock, for that reads the whole table. Then the accounts are locked before their keys, in one
    -- order, as by every function that locks both: no deadlock with a deletion.
    select array_agg(id), array_agg(distinct account_id) into keys, owners
      from proxy_key
     where not expires_at between earliest and latest
        or not last_used between earliest and latest
        or array_ndims(model_whitelist) > 1
        or array_ndims(ip_whitelist) > 1;
    perform from account where id = any (owners) order by id for update;
    update proxy_key
       set expires_at = case when expires_at < 'infinity' then greatest(earliest, least(expires_at, latest)) end,
           last_used = case when last_used between earliest and latest then last_used end,
           model_whitelist = array(select unnest(model_whitelist)),
           ip_whitelist = array(select unnest(ip_whitelist))
     where id = any (keys);
end
$$;

comment on function clean_odd_times_and_whitelists() is 'Used by the migrations V5 and V7, and dropped by V7.';

select clean_odd_times_and_whitelists();
