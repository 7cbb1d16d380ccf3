-- A key that is inserted by other means than create_proxy_key locks its account FOR NO KEY UPDATE, as a change of the balance
-- does, and no longer FOR KEY SHARE.
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
    language plpgsql security definer as
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

do
$$
begin
    execute format('alter function refuse_blocked_key() set search_path = %I, pg_temp', current_schema());
end
$$;
