-- Holds: credits that are set aside while a call is served, so that a call is paid for also when its key is deleted under it.
--
-- hold_credits sets aside the most that the call can cost, settle_hold says what it cost, and release_expired_holds settles
-- at 0 what nobody settled in time. What is on hold counts as used at once: a deletion does not give it back. What a call did
-- not need goes back to the key, or to the account's balance if the key was deleted, whatever happens at the same moment.
--
-- SQLSTATE   raised by                   meaning
-- PK001-004  hold_credits                as spend_credits
-- PK009      settle_hold                 no such hold (or settled, and purged since)
-- PK010      settle_hold                 settled already, at another cost
-- 22003      hold_credits, settle_hold   not a finite amount with at most six decimals; not above zero; more than was held
-- 22023      hold_credits                the seconds are not 1 to 86,400
--
-- Order of locks, so that nobody waits for each other: account, proxy_key, credit_hold, revocation.
--   * hold_credits locks the key, and adds a row.
--   * settle_hold locks the key first. If it is there, it stays until we commit, and the account is not needed. If it is not, it
--     is gone for good, because an identifier is never used twice; then the account is locked, and nothing of the key is held.
--     Only then is the hold changed.
--   * A deletion locks the account, then deletes keys, then marks their holds.
--   * release_expired_holds locks accounts, then keys, then holds, and skips what is locked: it waits for nobody.
-- NO KEY UPDATE is enough for all of them: it excludes a deletion's FOR UPDATE, and lets inserts of keys pass, which lock their
-- account by the foreign key.

create table credit_hold (
    id             uuid           not null primary key,
    account_id     text           not null,
    key_id         text           not null,
    amount         numeric(20, 6) not null,
    expires_at     timestamptz    not null,
    settled        numeric(20, 6),
    settled_at     timestamptz,
    -- For the deletion of the key.
    key_created_at timestamptz,
    revocation_id  uuid,
    constraint credit_hold_amount check (amount > 0 and amount <> 'NaN'),
    constraint credit_hold_settled_within_amount check (settled >= 0 and settled <= amount),
    constraint credit_hold_settled_at_a_time check ((settled is null) = (settled_at is null)),
    constraint credit_hold_times_finite check (isfinite(expires_at) and isfinite(settled_at))
)
    -- Room on each page for the new version of a row that is settled.
    with (fillfactor = 80);

-- What expires next, what an account has on hold, and what is old enough to be purged.
create index credit_hold_by_expiry on credit_hold (expires_at, id) where settled is null;
create index credit_hold_of_account on credit_hold (account_id) where settled is null;
create index credit_hold_by_age on credit_hold (settled_at) where settled is not null;

comment on table credit_hold is 'Credits set aside for a call in flight. Refers to account and key by value: it outlives both.';
comment on column credit_hold.amount is 'The most that the call can cost. Part of the key''s used until it is settled.';
comment on column credit_hold.expires_at is 'From then on release_expired_holds may settle it at 0. Until it does, the hold counts.';
comment on column credit_hold.settled is 'What the call cost; the rest was given back. Null: not settled yet.';
comment on column credit_hold.key_created_at is 'With it the key''s row in its receipt is found by the index, also among a million.';
comment on column credit_hold.revocation_id is 'The receipt of the key''s deletion, if that found the hold open.';

-- Both are locked for a moment only: no row is read. While this waits for a long transaction, every other statement waits behind
-- it; so it gives up after 3 s, and is then applied again. V11 looks at the rows that are there.
do
$$
begin
    perform set_config('lock_timeout', '3s', true);

    alter table revocation
        add column credits_settled_later numeric(26, 6) not null default 0;
    alter table revocation
        add constraint revocation_settled_later check (credits_settled_later >= 0 and credits_settled_later <> 'NaN') not valid;

    alter table revoked_key
        add column held numeric(20, 6) not null default 0;
    alter table revoked_key
        add constraint revoked_key_held_within_used check (held >= 0 and held <= used) not valid;
end
$$;

comment on column revocation.credits_settled_later is
    'What came back to the balance after the deletion: the unused parts of calls that were in flight. Not in credits_returned.';
comment on column revoked_key.held is 'The part of used that was on hold for calls in flight when the key was deleted.';

create function hold_credits(secret_hash bytea, amount numeric, seconds int)
    returns table (hold_id uuid, remaining numeric)
    language plpgsql security definer rows 1 as
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
      from proxy_key k where k.secret_hash = hold_credits.secret_hash;
    return next;
end
$$;

comment on function hold_credits(bytea, numeric, int) is
    'Sets credits of one key aside for a call that is about to be served; returns the hold and what the key has left. Commit at once.';

create function settle_hold(hold_id uuid, cost numeric) returns numeric
    language plpgsql security definer as
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

    -- A deletion in flight is waited for. What is not found then is gone for good.
    perform from proxy_key k where k.id = hold.key_id for no key update;
    key_lives := found;
    if not key_lives then
        perform from account a where a.id = hold.account_id for no key update;
    end if;

    update credit_hold h
       set settled = settle_hold.cost,
           settled_at = clock_timestamp()
     where h.id = settle_hold.hold_id and h.settled is null
    returning * into hold;
    if not found then
        -- It is settled: by an earlier call, or by one that we waited for.
        select * into hold from credit_hold h where h.id = settle_hold.hold_id;
        if not found then
            raise exception 'no such hold' using errcode = 'PK009';
        elsif hold.settled <> cost then
            raise exception 'the hold is settled already, at %', hold.settled using errcode = 'PK010';
        end if;
        return hold.amount - hold.settled;
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

comment on function settle_hold(uuid, numeric) is
    'Says what a call really cost, 0 to what was held, and returns what was given back: to the key, or to the balance if the key is gone.';

-- All of these holds that nobody else is busy with, in one go; the rest stay as they are. Returns how many.
create function release_holds(holds uuid[]) returns int
    language plpgsql as
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
           and case when h.key_id in (select unnest(keys)) then true
                    when exists (select from proxy_key k where k.id = h.key_id) then false
                    when h.account_id in (select unnest(accounts)) then true
                    else not exists (select from account a where a.id = h.account_id)
               end
         order by h.id for update skip locked);

    update credit_hold h set settled = 0, settled_at = clock_timestamp() where h.id = any (released);

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

comment on function release_holds(uuid[]) is 'Settles holds at 0, in one go, but those that another transaction has locked. For release_expired_holds.';

create function release_expired_holds() returns int
    language plpgsql security definer as
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
            released := released + release_holds(batch);
        exception when others then
            -- One of them cannot be released. Each in a block of its own, so that it does not stop the others.
            foreach one in array batch loop
                begin
                    released := released + release_holds(array[one]);
                exception when others then
                    raise warning 'hold % was not released: % (%)', one, sqlerrm, sqlstate;
                end;
            end loop;
        end;
    end loop;
    return released;
end
$$;

comment on function release_expired_holds() is
    'Settles at 0 up to 1,000 holds that were not settled in time and that nobody is busy with; returns how many. Repeat until 0.';

create function purge_receipts() returns int
    language plpgsql security definer as
$$
declare
    most     constant int := 10000;
    older    timestamptz := clock_timestamp() - interval '90 days';
    receipts uuid[];
    holds    uuid[];
begin
    -- A receipt and its keys go together, the oldest first, until some 10,000 keys are gone; one receipt at least.
    receipts := array(
        select r.id from (
            select oldest.id, sum(oldest.keys_deleted) over (order by oldest.revoked_at, oldest.id) - oldest.keys_deleted as keys_before
              from (select * from revocation where revoked_at < older
                     order by revoked_at, id limit 1000 for update skip locked) oldest
        ) r where r.keys_before < most);
    delete from revoked_key k where k.revocation_id = any (receipts);
    delete from revocation r where r.id = any (receipts);

    -- A hold that is not settled is money, and stays.
    holds := array(
        select h.id from credit_hold h where h.settled is not null and h.settled_at < older
         order by h.settled_at limit most for update skip locked);
    delete from credit_hold h where h.id = any (holds);
    return cardinality(receipts) + cardinality(holds);
end
$$;

comment on function purge_receipts() is
    'Deletes a batch of receipts, and of settled holds, older than 90 days; returns how many. Repeat until 0.';

do
$$
declare
    signature text;
begin
    foreach signature in array array['hold_credits(bytea, numeric, int)', 'settle_hold(uuid, numeric)', 'release_holds(uuid[])',
                                     'release_expired_holds()', 'purge_receipts()'] loop
        execute format('alter function %s set search_path = %I, pg_temp', signature, current_schema());
    end loop;
    -- A plan that was made while the table was small, or empty when it was vacuumed, would read all of it each time.
    foreach signature in array array['settle_hold(uuid, numeric)', 'release_expired_holds()', 'purge_receipts()'] loop
        execute format('alter function %s set enable_seqscan = off', signature);
    end loop;
end
$$;

-- Functions may be executed by everybody unless that is taken back; ../roles.sql, which runs later, grants them.
revoke execute on function hold_credits(bytea, numeric, int), settle_hold(uuid, numeric), release_holds(uuid[]),
    release_expired_holds(), purge_receipts() from public;
