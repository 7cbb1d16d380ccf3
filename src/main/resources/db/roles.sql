-- Least privilege for the two sides that share the database. Run by the owner of the tables, after the migrations and
-- again after each new one; every statement may be repeated. The roles cannot log in: make login roles that are members:
--
--     create role proxy_keys_lambda login password '...' in role proxy_keys_function;
--     create role gateway           login password '...' in role proxy_keys_data_plane;

do
$$
begin
    if not exists (select from pg_roles where rolname = 'proxy_keys_function') then
        create role proxy_keys_function nologin;
    end if;
    if not exists (select from pg_roles where rolname = 'proxy_keys_data_plane') then
        create role proxy_keys_data_plane nologin;
    end if;
end
$$;

-- Functions may be executed by everybody unless that is taken back.
revoke execute on function
    spend_credits(bytea, numeric),
    create_proxy_key(text, text, bytea, numeric, timestamptz, text[], text[]),
    lock_account(text),
    hold_credits(bytea, numeric, int),
    settle_hold(uuid, numeric),
    release_holds(uuid[]),
    release_expired_holds(),
    purge_receipts(),
    revoke_proxy_keys(uuid, text, text, text, text, bytea, text, text, text, timestamptz, int, int, int),
    toggle_proxy_key(text, text, bytea, boolean)
    from public;

-- The function: locks accounts, reads keys and receipts, and deletes and disables keys through the two operations, which act with
-- their owner's rights. It can create neither accounts nor keys, and can change or delete no receipt. (The steps of the operations
-- are granted to nobody: V8 takes them back from everybody.)
grant execute on function
    carry_out_revocation(uuid, text, text, text, text, bytea, text, text, text, timestamptz, int, text, int, int),
    switch_proxy_key(text, text, bytea, boolean),
    release_expired_holds(),
    purge_receipts()
    to proxy_keys_function;

-- What the function before this release calls, with the rights that it needs. One release later only these stay:
--     select on account, proxy_key, revocation, revoked_key; update (new_keys_blocked_until) on account, for the lock.
grant select, update (balance, keys_version, new_keys_blocked_until, delete_all_paid_until, remove_paid_until) on account to proxy_keys_function;
grant select, delete, update (is_active) on proxy_key to proxy_keys_function;
grant select, insert on revocation, revoked_key to proxy_keys_function;
grant execute on function
    revoke_proxy_keys(uuid, text, text, text, text, bytea, text, text, text, timestamptz, int, int, int),
    toggle_proxy_key(text, text, bytea, boolean)
    to proxy_keys_function;

-- The data plane: looks keys and holds up; spends, holds, settles and creates through the functions, which act with their
-- owner's rights. It can write no table.
grant select on account, proxy_key, credit_hold to proxy_keys_data_plane;
grant execute on function
    spend_credits(bytea, numeric),
    create_proxy_key(text, text, bytea, numeric, timestamptz, text[], text[]),
    lock_account(text),
    hold_credits(bytea, numeric, int),
    settle_hold(uuid, numeric),
    release_expired_holds()
    to proxy_keys_data_plane;
