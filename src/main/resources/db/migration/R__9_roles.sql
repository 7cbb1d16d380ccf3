-- Least privilege for the sides that share the database. The roles cannot log in: make login roles that are members:
--
--     create role proxy_keys_lambda login password '...' in role proxy_keys_function;
--     create role gateway           login password '...' in role proxy_keys_data_plane;
--     create role back_end          login password '...' in role proxy_keys_billing;
--
-- Called after every migration (afterMigrate.sql; ../roles.sql by hand), so after a new login too.
create or replace procedure set_up_roles()
    language plpgsql as
$$
declare
    login name;
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

    -- The function: reads accounts, keys and receipts, and changes them through the operations, which act with their owner's rights. It
    -- can create no account, and can change or delete no receipt. The steps of the operations are granted to nobody.
    revoke all on account, proxy_key, revocation, revoked_key from proxy_keys_function;
    grant select on account, proxy_key, revocation, revoked_key to proxy_keys_function;
    grant execute on function
        set_transaction_promises,
        bound_transaction,
        lock_account_for_change,
        carry_out_deletion,
        carry_out_revocation,
        lock_account_of_key,
        act_on_alert,
        carry_out_alert,
        suspend_proxy_keys,
        resume_proxy_keys,
        rotate_proxy_keys,
        look_up_proxy_key,
        create_proxy_key(text, text, bytea, numeric, timestamptz, text[], text[], text, text, int, int),
        update_proxy_key,
        switch_proxy_key,
        recreate_proxy_keys,
        release_expired_holds,
        purge_receipts
        to proxy_keys_function;

    -- The data plane: looks keys and holds up; spends, holds, settles and creates through the functions. It can write no table.
    grant select on account, proxy_key, credit_hold to proxy_keys_data_plane;
    grant execute on function
        spend_credits,
        create_proxy_key(text, text, bytea, numeric, timestamptz, text[], text[]),
        lock_account,
        hold_credits,
        renew_hold,
        settle_hold,
        release_expired_holds
        to proxy_keys_data_plane;

    -- The back end of the platform, which sells credits: opens accounts and adds to their balances. It can read and write no table.
    grant execute on function
        create_account,
        top_up
        to proxy_keys_billing;

    -- Defaults for the logins of the function. A change sets all of this in its transaction (R__1), whatever the defaults are. A read is
    -- a statement without a transaction, which has no place to set anything: by these the server ends it, or its wait for a table that
    -- a migration has locked. By the login's name, because what is set for a role counts for those who log in as that role and not for
    -- its members (PostgreSQL manual, ALTER ROLE). Left as they are where that is not permitted.
    for login in select m.rolname
                   from pg_auth_members a
                   join pg_roles g on g.oid = a.roleid
                   join pg_roles m on m.oid = a.member
                  where g.rolname = 'proxy_keys_function' and m.rolcanlogin
    loop
        begin
            execute format('alter role %I set statement_timeout = %L', login, '16s');
            execute format('alter role %I set lock_timeout = %L', login, '5s');
            execute format('alter role %I set idle_in_transaction_session_timeout = %L', login, '4s');
        exception
            when insufficient_privilege then
                raise notice 'the defaults of the login % are not set: %', login, sqlerrm;
        end;
    end loop;
end
$$;

comment on procedure set_up_roles is 'Makes the roles and gives them their rights, and the logins of the function their defaults. May be repeated.';

revoke execute on procedure set_up_roles from public;
