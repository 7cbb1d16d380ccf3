-- For the back end of the platform: accounts and their credits; and the purge.
--
-- SQLSTATE   raised by               meaning
-- PK005      top_up                  no such account
-- PK011      top_up                  this reference was used for another amount
-- 22003      top_up                  the amount is not finite, not above zero, too large or finer than six decimals
-- 22023      create_account, top_up  the account id or the reference is missing or out of bounds

select set_config('search_path', format('%I, pg_temp', current_schema()), false);

create or replace function create_account(account_id text) returns void
    language plpgsql security definer
    set search_path from current as
$$
#variable_conflict use_variable
begin
    if account_id is null or char_length(account_id) not between 1 and 255 or account_id ~ '[\u0001-\u001f\u007f-\u009f]' then
        raise exception 'the account id must have 1 to 255 characters, none of them a control character'
            using errcode = 'invalid_parameter_value';
    end if;
    insert into account (id) values (account_id) on conflict do nothing;
end
$$;

comment on function create_account is 'Makes an account without credits. If it is there already, it stays as it is.';

create or replace function top_up(account_id text, amount numeric, reference text) returns numeric
    language plpgsql security definer
    set search_path from current as
$$
#variable_conflict use_variable
declare
    earlier account_top_up;
    balance numeric;
begin
    -- NaN and infinity are greater than any number.
    if amount is null or amount <= 0 or amount >= 'Infinity' or amount <> round(amount, 6) then
        raise exception 'the amount must be a finite amount above zero with at most six decimals'
            using errcode = 'numeric_value_out_of_range';
    end if;
    if reference is null or char_length(reference) not between 1 and 255 then
        raise exception 'the reference must have 1 to 255 characters' using errcode = 'invalid_parameter_value';
    end if;

    -- First, and in a statement of its own: the next one sees the top-up that this one waited for.
    select a.balance into balance from account a where a.id = account_id for update;
    if not found then
        raise exception 'no such account' using errcode = 'PK005';
    end if;
    select * into earlier from account_top_up t where t.account_id = account_id and t.reference = reference;
    if found then
        if earlier.amount <> amount then
            raise exception 'this reference was used for another amount' using errcode = 'PK011';
        end if;
        return balance;
    end if;
    insert into account_top_up (account_id, reference, amount) values (account_id, reference, amount);
    return update_account(account_id, credits => amount, keys_changed => false, block_seconds => 0);
end
$$;

comment on function top_up is
    'Adds credits to a balance, once for each account and reference, and returns the balance. Commit at once.';

create or replace function purge_receipts() returns int
    language plpgsql security definer
    set search_path from current set enable_seqscan = off as
$$
declare
    most     constant int := 10000;
    older    timestamptz := clock_timestamp() - interval '90 days';
    receipts uuid[];
    holds    uuid[];
    secrets  bytea[];
    paused   uuid[];
    purged   int;
begin
    -- The oldest receipts, until they have some 10,000 keys; one at least. Of a larger one some keys go, and it stays until all are gone.
    receipts := array(
        select r.id from (
            select oldest.id, sum(oldest.keys_deleted) over (order by oldest.revoked_at, oldest.id) - oldest.keys_deleted as keys_before
              from (select * from revocation where revoked_at < older
                     order by revoked_at, id limit 1000 for update skip locked) oldest
        ) r where r.keys_before < most);
    delete from revoked_key k
     where k.ctid = any (array(
        select batch.ctid from revoked_key batch where batch.revocation_id = any (receipts)
         order by batch.revocation_id limit most));
    delete from revocation r
     where r.id = any (receipts) and not exists (select from revoked_key k where k.revocation_id = r.id);
    get diagnostics purged = row_count;
    if purged < cardinality(receipts) then
        purged := purged + 1;
    end if;

    -- A hold that is not settled is money, and stays.
    holds := array(
        select h.id from credit_hold h where h.settled is not null and h.settled_at < older
         order by h.settled_at limit most for update skip locked);
    delete from credit_hold h where h.id = any (holds);

    -- Of a key's secret it is known that it leaked, and that stays.
    secrets := array(
        select b.secret_hash from burnt_secret b where b.key_id is null and b.burnt_at < older
         order by b.burnt_at limit most for update skip locked);
    delete from burnt_secret b where b.secret_hash = any (secrets);
    paused := array(
        select s.id from suspension s
         where s.suspended_at < older
           and not exists (select from proxy_key k where k.account_id = s.account_id and k.suspended_by = s.id)
         order by s.suspended_at limit most for update skip locked);
    delete from suspension s where s.id = any (paused);
    return purged + cardinality(holds) + cardinality(secrets) + cardinality(paused);
end
$$;

comment on function purge_receipts is
    'Deletes a batch of receipts, of suspensions without keys, of settled holds, and of burnt secrets that were no key''s, older than 90'
    ' days; returns how many, a receipt that has keys left among them. Repeat until 0.';

-- R__9 grants what is called from outside; everybody else may call nothing.
revoke execute on function
    create_account, top_up, purge_receipts
    from public;
