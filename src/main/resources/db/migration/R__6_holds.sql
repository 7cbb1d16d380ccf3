-- Holds: credits that are set aside while a call is served, so that a call is paid for also when its key is deleted under it.
--
-- hold_credits sets aside the most that the call can cost, renew_hold keeps it for longer, settle_hold says what it cost, and
-- release_expired_holds settles at 0 what nobody settled in time. What is settled after that is charged to what is there. What is on hold counts as used at once: a deletion does not give it back. What a call did not need goes back to
-- the key, or to the account's balance if the key was deleted, whatever happens at the same moment.
--
-- SQLSTATE   raised by                   meaning
-- PK001-004  hold_credits                as spend_credits (R__7)
-- PK009      settle_hold, renew_hold     no such hold (or settled, and purged since)
-- PK010      settle_hold                 settled already, at another cost
--            renew_hold                  settled or released already
-- 22003      hold_credits, settle_hold   not a finite amount with at most six decimals; not above zero; more than was held
-- 22023      hold_credits, renew_hold    the seconds are not 1 to 86,400
--
-- Locks:
--   * hold_credits locks the key, and adds a row.
--   * settle_hold and renew_hold lock the key first. If it is there, it stays until we commit, and the account is not needed. If it is not, it
--     is gone for good, because an identifier is never used twice; then the account is locked, and nothing of the key is held.
--     Only then is the hold changed.
--   * A deletion locks the account, then deletes keys, then marks their holds.
--   * release_expired_holds locks accounts, then keys, then holds, and skips what is locked: it waits for nobody.
-- NO KEY UPDATE is enough for all of them: it excludes a deletion's FOR UPDATE, and lets inserts of keys pass, which lock their
-- account by the foreign key.
--
-- By the index (enable_seqscan): a plan that was made while the table was small, or empty when it was vacuumed, would read all of it each
-- time.

select set_config('search_path', format('%I, pg_temp', current_schema()), false);

-- Steps of 0.2.0 that nobody calls any more.
drop function if exists release_holds(uuid[]);

create or replace function hold_credits(secret_hash bytea, amount numeric, seconds int)
    returns table (hold_id uuid, remaining numeric)
    language plpgsql security definer rows 1
    set search_path from current as
$$
#variable_conflict use_variable
begin
    if seconds is null or seconds not between 1 and 86400 then
        raise exception 'a hold lasts 1 to 86400 seconds' using errcode = 'invalid_parameter_value';
    end if;

    -- The same rules, codes and lock as a spend: from here on the key cannot go until we commit.
    remaining := spend_credits(secret_hash, amount);
    hold_id := gen_random_uuid();
    insert into credit_hold (id, account_id, key_id, amount, expires_at, key_created_at)
    select hold_id, k.account_id, k.id, amount, clock_timestamp() + seconds * interval '1 second', k.created_at
      from proxy_key k where k.secret_hash = hold_credits.secret_hash or k.previous_secret_hash = hold_credits.secret_hash;
    return next;
end
$$;

comment on function hold_credits is
    'Sets credits of one key aside for a call that is about to be served; returns the hold and what the key has left. Commit at once.';

-- What is not found after the wait for a deletion in flight is gone for good.
create or replace function lock_for_hold(hold credit_hold) returns boolean
    language plpgsql as
$$
begin
    perform from proxy_key k where k.id = (hold).key_id for no key update;
    if found then
        return true;
    end if;
    perform from account a where a.id = (hold).account_id for no key update;
    return false;
end
$$;

comment on function lock_for_hold is 'Locks the key of a hold and returns true; or if the key is gone, the account.';

create or replace function renew_hold(hold_id uuid, seconds int)
    returns table (expires_at timestamptz, key_lives boolean)
    language plpgsql security definer rows 1
    set search_path from current set enable_seqscan = off as
$$
declare
    hold credit_hold;
begin
    if seconds is null or seconds not between 1 and 86400 then
        raise exception 'a hold lasts 1 to 86400 seconds' using errcode = 'invalid_parameter_value';
    end if;
    select * into hold from credit_hold h where h.id = renew_hold.hold_id;
    if not found then
        raise exception 'no such hold' using errcode = 'PK009';
    end if;
    perform lock_for_hold(hold);
    update credit_hold h
       set expires_at = greatest(h.expires_at, clock_timestamp() + seconds * interval '1 second')
     where h.id = renew_hold.hold_id and h.settled is null
    returning h.expires_at into expires_at;
    if not found then
        raise exception 'the hold is settled or released already' using errcode = 'PK010';
    end if;
    key_lives := exists (select from proxy_key k where k.id = hold.key_id and k.is_active
                                                   and (k.expires_at is null or k.expires_at > clock_timestamp()));
    return next;
end
$$;

comment on function renew_hold is
    'For a call that takes longer: its hold ends so many seconds from now, never earlier than before; and whether its key still works.'
    ' Commit at once.';

create or replace function charge_late(hold credit_hold, cost numeric, key_lives boolean) returns numeric
    language plpgsql as
$$
declare
    charged numeric(20, 6) := 0;
begin
    if key_lives then
        select least(cost::numeric(20, 6), k.allocated - k.used) into charged from proxy_key k where k.id = (hold).key_id;
        if charged > 0 then
            update proxy_key k set used = k.used + charged where k.id = (hold).key_id;
        end if;
    else
        charged := coalesce((select least(cost::numeric(20, 6), a.balance) from account a where a.id = (hold).account_id), 0);
        if charged > 0 then
            update account a set balance = a.balance - charged where a.id = (hold).account_id;
            -- If the release found no key either, its receipt says that the amount came back.
            update revocation r set credits_settled_later = greatest(r.credits_settled_later - charged, 0) where r.id = (hold).revocation_id;
        end if;
    end if;
    update credit_hold h set late_cost = cost, charged_late = charged, late_at = clock_timestamp() where h.id = (hold).id;
    return charged;
end
$$;

comment on function charge_late is
    'Charges what a call cost whose hold was released to its key, or if that is gone to the balance, as far as there is any; returns it.';

create or replace function settle_hold(hold_id uuid, cost numeric) returns numeric
    language plpgsql security definer
    set search_path from current set enable_seqscan = off as
$$
declare
    hold      credit_hold;
    key_lives boolean;
    returned  numeric;
begin
    -- NaN and infinity are greater than any amount.
    if cost is null or cost < 0 or cost >= 'Infinity' or cost <> round(cost, 6) then
        raise exception 'the cost must be a finite amount, not below zero, with at most six decimals'
            using errcode = 'numeric_value_out_of_range';
    end if;
    select * into hold from credit_hold h where h.id = settle_hold.hold_id;
    if not found then
        raise exception 'no such hold' using errcode = 'PK009';
    end if;
    if cost > hold.amount then
        raise exception 'the cost is more than was held' using errcode = 'numeric_value_out_of_range';
    end if;

    key_lives := lock_for_hold(hold);
    update credit_hold h
       set settled = settle_hold.cost,
           settled_at = clock_timestamp()
     where h.id = settle_hold.hold_id and h.settled is null
    returning * into hold;
    if not found then
        -- It is settled or released: by an earlier call, or by one that we waited for.
        select * into hold from credit_hold h where h.id = settle_hold.hold_id for update;
        if not found then
            raise exception 'no such hold' using errcode = 'PK009';
        elsif hold.released_at is null then
            if hold.settled <> cost then
                raise exception 'the hold is settled already, at %', hold.settled using errcode = 'PK010';
            end if;
            return hold.amount - hold.settled;
        elsif hold.late_cost is null then
            return -charge_late(hold, cost, key_lives);
        elsif hold.late_cost <> cost then
            raise exception 'the released hold is settled already, at %', hold.late_cost using errcode = 'PK010';
        end if;
        return -hold.charged_late;
    end if;

    returned := hold.amount - hold.settled;
    if returned > 0 and key_lives then
        update proxy_key k set used = k.used - returned where k.id = hold.key_id;
    elsif returned > 0 then
        update account a set balance = a.balance + returned where a.id = hold.account_id;
        -- If the account is gone too, the rest goes to nobody, and no receipt says otherwise.
        if found then
            update revocation r set credits_settled_later = r.credits_settled_later + returned where r.id = hold.revocation_id;
        end if;
    end if;
    return returned;
end
$$;

comment on function settle_hold is
    'Says what a call really cost, 0 to what was held, and returns what was given back: to the key, or to the balance if the key is gone.'
    ' Of a hold that was released, charges it, and returns the negative of what was charged.';

-- All of these holds that nobody else is busy with, in one go; the rest stay as they are. Returns how many.
create or replace function release_holds(holds uuid[], ended timestamptz) returns int
    language plpgsql
    set search_path from current as
$$
declare
    accounts text[];
    keys     text[];
    released uuid[];
begin
    -- The account's lock also for keys that live: without it, a release that settles a live key and then needs the account
    -- would wait for a deletion that waits for the key.
    accounts := array(
        select a.id from account a
         where a.id in (select h.account_id from credit_hold h where h.id = any (holds))
         order by a.id for no key update skip locked);
    keys := array(
        select k.id from proxy_key k
         where k.id in (select h.key_id from credit_hold h where h.id = any (holds) and h.account_id = any (accounts))
         order by k.id for no key update skip locked);

    -- Looked up again without a lock: a key that was skipped is busy, not gone.
    released := array(
        select h.id from credit_hold h
         where h.id = any (holds)
           and h.settled is null
           -- It may have been renewed since it was collected.
           and h.expires_at <= ended
           and case when h.key_id in (select unnest(keys)) then true
                    when exists (select from proxy_key k where k.id = h.key_id) then false
                    when h.account_id in (select unnest(accounts)) then true
                    else not exists (select from account a where a.id = h.account_id)
               end
         order by h.id for update skip locked);

    update credit_hold h set settled = 0, settled_at = clock_timestamp(), released_at = clock_timestamp() where h.id = any (released);

    update proxy_key k
       set used = k.used - returned.amount
      from (select h.key_id, sum(h.amount) as amount from credit_hold h where h.id = any (released) group by h.key_id) returned
     where k.id = returned.key_id;

    update account a
       set balance = a.balance + returned.amount
      from (select h.account_id, sum(h.amount) as amount from credit_hold h
             where h.id = any (released) and h.key_id not in (select unnest(keys))
             group by h.account_id) returned
     where a.id = returned.account_id;

    -- Who holds the account can only be kept waiting by a purge, and then the receipt is about to go.
    update revocation r
       set credits_settled_later = r.credits_settled_later + returned.amount
      from (select h.revocation_id, sum(h.amount) as amount from credit_hold h
             where h.id = any (released) and h.account_id in (select unnest(accounts))
             group by h.revocation_id) returned
     where r.id = returned.revocation_id
       and r.id in (select busy.id from revocation busy
                     where busy.id in (select h.revocation_id from credit_hold h where h.id = any (released))
                       for no key update skip locked);

    return cardinality(released);
end
$$;

comment on function release_holds is 'Settles holds that ended by then at 0, in one go, but those that another transaction has locked. For release_expired_holds.';

create or replace function release_expired_holds() returns int
    language plpgsql security definer
    set search_path from current set enable_seqscan = off as
$$
declare
    most       constant int := 1000;
    -- A variable: a condition on clock_timestamp() finds nothing by an index.
    started_at timestamptz := clock_timestamp();
    last_time  timestamptz := '-infinity';
    last_id    uuid := '00000000-0000-0000-0000-000000000000';
    batch      uuid[];
    one        uuid;
    released   int := 0;
begin
    -- Batch after batch, past those that are busy or fail, so that they keep nobody behind them waiting.
    while released < most loop
        -- Collected first: a cursor would skip the rows that its own loop has changed.
        batch := array(
            select h.id from credit_hold h
             where h.settled is null and h.expires_at <= started_at and (h.expires_at, h.id) > (last_time, last_id)
             order by h.expires_at, h.id limit most - released);
        exit when cardinality(batch) = 0;
        select h.expires_at, h.id into last_time, last_id from credit_hold h where h.id = batch[cardinality(batch)];

        begin
            released := released + release_holds(batch, started_at);
        exception when others then
            -- One of them cannot be released. Each in a block of its own, so that it does not stop the others.
            foreach one in array batch loop
                begin
                    released := released + release_holds(array[one], started_at);
                exception when others then
                    raise warning 'hold % was not released: % (%)', one, sqlerrm, sqlstate;
                end;
            end loop;
        end;
    end loop;
    return released;
end
$$;

comment on function release_expired_holds is
    'Settles at 0 up to 1,000 holds that were not settled in time and that nobody is busy with; returns how many. Repeat until 0.';

-- R__9 grants what is called from outside; everybody else may call nothing.
revoke execute on function
    hold_credits, lock_for_hold, renew_hold, charge_late, settle_hold, release_holds, release_expired_holds
    from public;
