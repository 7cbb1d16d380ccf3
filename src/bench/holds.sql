-- What holds cost, on one database, in pairs that alternate who comes first: a hold against a spend, both with COMMIT, warm, without
-- the wire; and a deletion of many keys with a thousand holds on them against one without. Prints medians in microseconds of the
-- time and, for Linux and a superuser, of the processor.
--
--     createdb bench && for file in (the migrations); do psql -1 -f "$file" bench; done
--     psql -v rounds=2000 -v keys=100000 -v deletions=7 -f src/bench/holds.sql bench
\set ON_ERROR_STOP on
\set QUIET on
set client_min_messages = warning;
drop table if exists measured;
create table measured (what text, micros numeric, processor numeric);

create or replace function pg_temp.processor() returns numeric language sql as
$$
select split_part(pg_read_file('/proc/self/schedstat'), ' ', 1)::numeric / 1000
$$;

create or replace procedure pg_temp.calls(rounds int) language plpgsql as
$$
declare
    began timestamptz;
    spent numeric;
    what  text;
begin
    insert into account (id, balance) values ('bench', 0) on conflict do nothing;
    insert into proxy_key (id, account_id, secret_hash, allocated) values ('bench', 'bench', sha256('bench'), 1e9) on conflict do nothing;
    commit;
    for round in 1 .. rounds loop
        for turn in 0 .. 1 loop
            what := case when (round + turn) % 2 = 0 then 'spend' else 'hold' end;
            spent := pg_temp.processor();
            began := clock_timestamp();
            if what = 'spend' then
                perform spend_credits(sha256('bench'), 0.25);
            else
                perform hold_credits(sha256('bench'), 0.25, 600);
            end if;
            commit;
            insert into measured values (what, extract(epoch from clock_timestamp() - began) * 1e6, pg_temp.processor() - spent);
        end loop;
    end loop;
end
$$;

create or replace procedure pg_temp.deletions(keys int, rounds int) language plpgsql as
$$
declare
    began timestamptz;
    spent numeric;
    what  text;
begin
    insert into account (id, balance) values ('deleted', 0) on conflict do nothing;
    for round in 1 .. rounds loop
        for turn in 0 .. 1 loop
            what := case when (round + turn) % 2 = 0 then 'deletion' else 'deletion with 1,000 holds' end;
            insert into proxy_key (id, account_id, name, secret_hash, allocated)
            select 'ek-proxy-' || gen_random_uuid(), 'deleted', 'bench', sha256((round || '-' || turn || '-' || n)::bytea), 10
              from generate_series(1, keys) n;
            if what <> 'deletion' then
                perform count(h.hold_id) from generate_series(1, 1000) n,
                       lateral hold_credits(sha256((round || '-' || turn || '-' || n * (keys / 1000))::bytea), 1, 600) h;
            end if;
            commit;
            perform lock_account_for_change('deleted');
            spent := pg_temp.processor();
            began := clock_timestamp();
            perform carry_out_revocation(
                receipt_id => gen_random_uuid(), account_id => 'deleted', operation => 'all', target_id => null, target_hash => null,
                dedupe_key => null, requested_by => 'bench', block_seconds => 0, bucket => 'delete-all', calls_per_minute => 0, burst => 1);
            commit;
            insert into measured values (what, extract(epoch from clock_timestamp() - began) * 1e6, pg_temp.processor() - spent);
            commit;
        end loop;
    end loop;
end
$$;

call pg_temp.calls(:rounds);
call pg_temp.deletions(:keys, :deletions);
select what, count(*), round(percentile_cont(0.5) within group (order by micros)::numeric, 1) as micros,
       round(percentile_cont(0.5) within group (order by processor)::numeric, 1) as processor
  from measured group by what order by what;
drop table measured;
