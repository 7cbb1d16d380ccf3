-- The account's lock, which every change of an account's keys takes first.
--
-- The function begins a change with
--
--     BEGIN ISOLATION LEVEL READ COMMITTED
--     SELECT id FROM lock_account_for_change($1)
--
-- Why the lock is a statement of its own: a statement sees the database as it was when the statement began, that is before it waited
-- for the lock. Only a statement that starts while the lock is held sees every key whose creation was still in flight.
-- Why FOR UPDATE: an UPDATE of the account takes a weaker lock, which an insert of a key (it holds a KEY SHARE lock on its account
-- through the foreign key) does not wait for; such a key would survive.
--
-- Order of locks, so that no two transactions wait for each other: account, burnt_secret, proxy_key, credit_hold, revocation.
--
-- Functions that are SECURITY DEFINER act with their owner's rights, so that a caller needs no right to write a table and cannot move a
-- credit any other way. Their search path is this schema and pg_temp last: otherwise a caller's temporary table named account would be
-- used in place of ours.

select set_config('search_path', format('%I, pg_temp', current_schema()), false);

-- Set in the transaction and not in the connection: a pooler between function and server (Amazon RDS Proxy, PgBouncer) refuses or
-- ignores most parameters of a connection, and hands one connection to many. set_config(..., true) lasts until the transaction ends.
-- A SET clause of the function would end with the function, and a SET statement binds a client of RDS Proxy to its connection
-- ("pinning").
create or replace function set_transaction_promises() returns void
    language plpgsql as
$$
declare
    -- Of bound_transaction. Where it was set in an earlier transaction of the session it is empty.
    asked_for text := nullif(current_setting('proxy_keys.statement_timeout', true), '');
begin
    -- Under another isolation level the statement after the lock would see the database as it was before the wait, and miss keys.
    if current_setting('transaction_isolation') <> 'read committed' then
        raise exception 'the transaction must be READ COMMITTED, and is %', upper(current_setting('transaction_isolation'))
            using errcode = 'invalid_transaction_state';
    end if;
    -- In order: an instance that was frozen in a transaction is disconnected before those who wait for its lock give up; a call that
    -- waited for no lock has 27 s. What may take longer waits as long as a call can hold the lock.
    perform set_config('idle_in_transaction_session_timeout', '4s', true),
            set_config('lock_timeout', case when asked_for is null then '5s' else '30s' end, true),
            set_config('statement_timeout', coalesce(asked_for, '25s'), true);
    -- PostgreSQL 17 and later know another one, which ends the connection. The bounds above are enough.
    if current_setting('transaction_timeout', true) <> '0' then
        perform set_config('transaction_timeout', '0', true);
    end if;
    -- What was answered has to be there after a crash of the server. remote_apply promises more, and stays.
    if current_setting('synchronous_commit') not in ('on', 'remote_apply') then
        perform set_config('synchronous_commit', 'on', true);
    end if;
end
$$;

comment on function set_transaction_promises is
    'Sets what a change relies on until the transaction ends: synchronous_commit and timeouts. Refuses any isolation but READ COMMITTED.';

-- Before the lock, so that it bounds the lock, too.
create or replace function bound_transaction(milliseconds int) returns void
    language plpgsql as
$$
begin
    perform set_config('proxy_keys.statement_timeout', milliseconds || 'ms', true);
    perform set_transaction_promises();
end
$$;

comment on function bound_transaction is
    'First statement of a change that has more time than a call: sets the same, with this bound for each statement.';

create or replace function lock_account_for_change(account text) returns table (id text)
    language plpgsql security definer rows 1
    set search_path from current as
$$
begin
    perform set_transaction_promises();
    return query select a.id from account a where a.id = lock_account_for_change.account for update;
end
$$;

comment on function lock_account_for_change is
    'First statement of every change: sets what the transaction relies on, and locks the account. No row: no such account.';

-- For a transaction of the data plane that spends on several keys of an account: called first, it cannot deadlock with a deletion.
create or replace function lock_account(account_id text) returns void
    language plpgsql security definer
    set search_path from current as
$$
begin
    perform from account a where a.id = lock_account.account_id for update;
    if not found then
        raise exception 'no such account' using errcode = 'PK005';
    end if;
end
$$;

comment on function lock_account is
    'Makes deletions, toggles and creations of this account wait until the transaction ends.';

-- R__9 grants what is called from outside; everybody else may call nothing.
revoke execute on function
    set_transaction_promises, bound_transaction, lock_account_for_change, lock_account
    from public;
