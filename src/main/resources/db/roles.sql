-- Least privilege for the sides that share the database. Run by the owner of the tables, after the migrations, and
-- again after each new one and each new login; every statement may be repeated. The roles cannot log in: make login roles
-- that are members:
--
--     create role proxy_keys_lambda login password '...' in role proxy_keys_function;
--     create role gateway           login password '...' in role proxy_keys_data_plane;
--     create role back_end          login password '...' in role proxy_keys_billing;

do
$$
begin
    if not exists (select from pg_roles where rolname = 'proxy_keys_function') then
        create role proxy_keys_function nologin;
    end if;
    if not exists (select from pg_roles where rolname = 'proxy_keys_data_plane') then
        create role proxy_keys_data_plane nologin;
    end if;
    if not exists (select from pg_roles where rolname = 'proxy_keys_billing') then
        create role proxy_keys_billing nologin;
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
    set_transaction_promises(),
    lock_account_for_change(text),
    revoke_proxy_keys(uuid, text, text, text, text, bytea, text, text, text, timestamptz, int, int, int),
    toggle_proxy_key(text, text, bytea, boolean)
    from public;

-- The function: locks accounts, reads keys and receipts, and deletes and disables keys through the two operations, which act with
-- their owner's rights. It can create no account, and can change or delete no receipt. (The steps of the operations
-- are granted to nobody: V8 takes them back from everybody.)
grant execute on function
    set_transaction_promises(),
    lock_account_for_change(text),
    carry_out_revocation(uuid, text, text, text, bytea, text, text, int, text, int, int),
    lock_account_of_key(text, bytea, boolean, text),
    carry_out_alert(uuid, text, text, text, bytea, text, boolean, text, text, text, text, text, timestamptz, int),
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
    carry_out_revocation(uuid, text, text, text, text, bytea, text, text, text, timestamptz, int, text, int, int),
    revoke_proxy_keys(uuid, text, text, text, text, bytea, text, text, text, timestamptz, int, int, int),
    toggle_proxy_key(text, text, bytea, boolean)
    to proxy_keys_function;

-- Defaults for the logins of the function. A change sets all of this in its transaction (V9), whatever the defaults are. A read
-- is a statement without a transaction, which has no place to set anything: by these the server ends it, or its wait for a
-- table that a migration has locked. By the login's name, because what is set for a role counts for those who log in as that
-- role and not for its members (PostgreSQL manual, ALTER ROLE). Left as they are where that is not permitted.
do
$$
declare
    login name;
begin
    for login in select m.rolname
                   from pg_auth_members a
                   join pg_roles g on g.oid = a.roleid
                   join pg_roles m on m.oid = a.member
                  where g.rolname = 'proxy_keys_function' and m.rolcanlogin
    loop
        execute format('alter role %I set statement_timeout = %L', login, '16s');
        execute format('alter role %I set lock_timeout = %L', login, '5s');
        execute format('alter role %I set idle_in_transaction_session_timeout = %L', login, '4s');
    end loop;
exception
    when insufficient_privilege then
        raise notice 'the defaults of the login % are not set: %', login, sqlerrm;
end
$$;

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

-- The life of a key (V14): the function's further operations, each with fixed rules.
grant execute on function
    look_up_proxy_key(text, text, bytea, text, int, int),
    create_proxy_key(text, text, bytea, numeric, timestamptz, text[], text[], text, text, int, int),
    update_proxy_key(text, text, bytea, text, numeric, timestamptz, text[], text[], text, int, int),
    recreate_proxy_keys(text, uuid, text[], text[], bytea[], text, int, int),
    switch_proxy_key(text, text, bytea, boolean, boolean)
    to proxy_keys_function;

-- The back end of the platform, which sells credits: opens accounts and adds to their balances. It can read and write no table.
grant execute on function
    create_account(text),
    top_up(text, numeric, text)
    to proxy_keys_billing;
