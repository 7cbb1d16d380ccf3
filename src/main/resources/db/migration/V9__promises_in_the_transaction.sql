-- What a change of an account relies on, set in the transaction itself and not in the connection: a pooler between function and
-- server (Amazon RDS Proxy, PgBouncer) refuses or ignores most parameters of a connection, and hands one connection to many.
--
-- The function begins with
--
--     BEGIN ISOLATION LEVEL READ COMMITTED
--     SELECT id FROM lock_account_for_change($1)
--
-- which takes the place of SELECT id FROM account WHERE id = $1 FOR UPDATE (V3 says why it is a statement of its own, and why
-- FOR UPDATE). set_config(..., true) lasts until the transaction ends. A SET clause of the function would end with the function,
-- and a SET statement binds a client of RDS Proxy to its connection ("pinning").

create function set_transaction_promises() returns void
    language plpgsql as
$$
begin
    -- Under another isolation level the statement after the lock would see the database as it was before the wait, and miss keys.
    if current_setting('transaction_isolation') <> 'read committed' then
        raise exception 'the transaction must be READ COMMITTED, and is %', upper(current_setting('transaction_isolation'))
            using errcode = 'invalid_transaction_state';
    end if;
    -- In order: an instance that was frozen in a transaction is disconnected before those who wait for its lock give up; a
    -- million keys take about 5 s; all of it is below the function's own timeout of 29 s.
    perform set_config('idle_in_transaction_session_timeout', '4s', true),
            set_config('lock_timeout', '5s', true),
            set_config('statement_timeout', '16s', true);
    -- What was answered has to be there after a crash of the server. remote_apply promises more, and stays.
    if current_setting('synchronous_commit') not in ('on', 'remote_apply') then
        perform set_config('synchronous_commit', 'on', true);
    end if;
end
$$;

comment on function set_transaction_promises() is
    'Sets what a change relies on until the transaction ends: synchronous_commit and timeouts. Refuses any isolation but READ COMMITTED.';

create function lock_account_for_change(account text) returns table (id text)
    language plpgsql rows 1 as
$$
begin
    perform set_transaction_promises();
    return query select a.id from account a where a.id = lock_account_for_change.account for update;
end
$$;

comment on function lock_account_for_change(text) is
    'First statement of every change: sets what the transaction relies on, and locks the account. No row: no such account.';
