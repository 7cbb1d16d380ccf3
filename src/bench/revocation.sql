-- Compares two versions of the deletion on the same database, in pairs that alternate who comes first: lock and function in one
-- session, as the server sees them, warm, without the wire. Prints medians in microseconds: of the function alone, and of the
-- transaction with lock and COMMIT; and the mean of the processor time of the function, which says more on a busy machine (Linux, as
-- a superuser).
--
--     createdb bench && for file in (the migrations); do psql -1 -f "$file" bench; done
--     psql -v keys=3 -v rounds=2000 -v limit=10 -f src/bench/revocation.sql bench
--
-- keys: how many are deleted at once; limit: calls a minute, 0 for an alert's way without limit. The limit is never reached: the
-- burst is. When a version of the function is removed, put the calls of the next pair into the two functions below.
\set ON_ERROR_STOP on
\set QUIET on
set client_min_messages = warning;
drop table if exists measured;
create table measured (version text, round int, micros numeric, transaction numeric, processor numeric,
                       deleted int);

create or replace function pg_temp.before(id text, calls int) returns int language plpgsql as
$$
begin
    return (select keys_deleted from revoke_proxy_keys(gen_random_uuid(), id, 'request', 'all', null, null, 'k' || gen_random_uuid(),
                                                       'bench', null, null, 0, calls, 1000000));
end
$$;

create or replace function pg_temp.after(id text, calls int) returns int language plpgsql as
$$
begin
    return (select keys_deleted from carry_out_revocation(
        receipt_id => gen_random_uuid(), account_id => id, trigger => 'request', operation => 'all', target_id => null,
        target_hash => null, dedupe_key => 'k' || gen_random_uuid(), requested_by => 'bench', reason => null, created_until => null,
        block_seconds => 0, bucket => 'delete-all', calls_per_minute => calls, burst => 1000000));
end
$$;

-- Nanoseconds on a processor, of this server process; the kernel counts on at each tick, so that only the mean of many is exact.
create or replace function pg_temp.processor() returns numeric language sql as
$$
select split_part(pg_read_file('/proc/self/schedstat'), ' ', 1)::numeric
$$;

create or replace procedure pg_temp.measure(keys int, rounds int, calls int) language plpgsql as
$$
declare
    began   timestamptz;
    locked  timestamptz;
    ended   timestamptz;
    done    timestamptz;
    spent   numeric;
    deleted int;
    version text;
begin
    -- The same account for both: with one each, the same version under two names differed by 5 to 15 %.
    insert into account (id, balance) values ('bench', 0) on conflict do nothing;
    commit;
    for round in 1 .. rounds loop
        for turn in 0 .. 1 loop
            version := case when (round + turn) % 2 = 0 then 'before' else 'after' end;
            insert into proxy_key (id, account_id, secret_hash, allocated, used)
            select gen_random_uuid()::text, 'bench', sha256(gen_random_uuid()::text::bytea), 10, 2.5 from generate_series(1, keys);
            commit;
            began := clock_timestamp();
            perform from account a where a.id = 'bench' for update;
            spent := pg_temp.processor();
            locked := clock_timestamp();
            deleted := case version when 'before' then pg_temp.before('bench', calls) else pg_temp.after('bench', calls) end;
            ended := clock_timestamp();
            spent := pg_temp.processor() - spent;
            commit;
            done := clock_timestamp();
            -- The first tenth warms up.
            if round > rounds / 10 then
                insert into measured values (version, round, extract(epoch from ended - locked) * 1e6,
                                             extract(epoch from done - began) * 1e6, spent / 1e3, deleted);
                commit;
            end if;
        end loop;
        if round % 100 = 0 then
            delete from revocation where account_id = 'bench';
            delete from revoked_key;
            commit;
        end if;
    end loop;
end
$$;

call pg_temp.measure(:keys, :rounds, :limit);
delete from revocation where account_id = 'bench';
delete from revoked_key;
delete from rate_limit where account_id = 'bench';
delete from account where id = 'bench';

select version, count(*) as rounds, round(percentile_cont(0.5) within group (order by micros)::numeric, 1) as median,
       round(percentile_cont(0.25) within group (order by micros)::numeric, 1) as lower_quartile,
       round(percentile_cont(0.75) within group (order by micros)::numeric, 1) as upper_quartile,
       round(percentile_cont(0.5) within group (order by transaction)::numeric, 1) as transaction,
       round(avg(processor), 1) as mean_processor, min(deleted) as deleted
  from measured group by version order by version desc;
select round(percentile_cont(0.5) within group (order by a.micros - b.micros)::numeric, 1) as median_of_the_differences,
       round(percentile_cont(0.5) within group (order by a.transaction - b.transaction)::numeric, 1) as of_the_transactions
  from measured a join measured b using (round) where a.version = 'after' and b.version = 'before';
drop table measured;
