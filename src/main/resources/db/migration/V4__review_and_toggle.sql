-- Looking before deleting, and the milder way: disabling a key instead.

-- A key as its owner sees it, in the units of this API family: Unix seconds. Odd values are ironed out here: an expiry at
-- infinity is none, and a time that cannot be told is 0 or null.
create function listed_seconds(at timestamptz, otherwise bigint) returns bigint
    language sql immutable as
$$
select case when isfinite(at) then floor(extract(epoch from at))::bigint else otherwise end
$$;

comment on function listed_seconds(timestamptz, bigint) is 'Unix seconds, or another value for null and infinity.';

-- Second statement of a transaction whose first locks the account's row, as for revoke_proxy_keys.
create function toggle_proxy_key(
    account     text,
    target_id   text,    -- the key as named by the caller, if that can be a public identifier,
    target_hash bytea,   -- and the SHA-256 of the same, if it is the full secret
    wanted      boolean  -- null: the other state
) returns table (
    outcome     text,    -- 'toggled' (also if there was nothing to change); 'foreign', 'unknown': the key is another
                         -- account's, or none
    status      boolean  -- the state now
)
    language plpgsql as
$$
declare
    target  proxy_key;
    desired boolean;
begin
    select * into target from proxy_key k where k.id = target_id or k.secret_hash = target_hash
     order by k.id = target_id desc limit 1;
    if target.account_id is distinct from account then
        return query select case when target.id is null then 'unknown' else 'foreign' end, null::boolean;
        return;
    end if;

    desired := coalesce(wanted, not target.is_active);
    if desired <> target.is_active then
        update proxy_key k set is_active = desired where k.id = target.id;
        update account a set keys_version = a.keys_version + 1 where a.id = account;
        perform pg_notify('proxy_keys_changed',
                          json_build_object('account_id', a.id, 'keys_version', a.keys_version)::text)
           from account a where a.id = account;
    end if;
    return query select 'toggled', desired;
end
$$;

comment on function toggle_proxy_key(text, text, bytea, boolean) is
    'Enables or disables one key of a locked account and tells the caches. Moves no credits.';
