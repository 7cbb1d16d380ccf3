-- The account's limits (429), and how long to wait.

select set_config('search_path', format('%I, pg_temp', current_schema()), false);

-- GCRA (ITU-T I.371) on the database's clock, so that it holds across all running instances of the function. Whoever calls it
-- holds the account's lock: no two transactions take from a bucket at the same time.
create or replace function take_token(account_id text, bucket text, calls_per_minute int, burst int, at timestamptz) returns interval
    language plpgsql as
$$
declare
    per_call   interval := interval '1 minute' / calls_per_minute;
    -- A call is let through if no more than this is paid for in advance.
    latest     timestamptz := at + (burst - 1) * per_call;
    paid_until timestamptz;
begin
    update rate_limit l set paid_until = greatest(l.paid_until, at) + per_call
     where l.account_id = take_token.account_id and l.bucket = take_token.bucket and l.paid_until <= latest;
    if found then
        return interval '0';
    end if;
    select l.paid_until into paid_until from rate_limit l
     where l.account_id = take_token.account_id and l.bucket = take_token.bucket;
    if found then
        return paid_until - latest;
    end if;
    insert into rate_limit (account_id, bucket, paid_until) values (take_token.account_id, take_token.bucket, at + per_call);
    return interval '0';
end
$$;

comment on function take_token is
    'Counts a call against one of the account''s limits and returns 0; or counts nothing and returns how long to wait.';

create or replace function seconds_to_wait(wait interval) returns int
    language sql immutable as
$$
select case when wait is not null then greatest(1, ceil(extract(epoch from wait)))::int end
$$;

comment on function seconds_to_wait is 'For Retry-After: whole seconds, one or more.';

create or replace function seconds_until_allowed(account_id text, bucket text, calls_per_minute int, burst int) returns int
    language plpgsql as
$$
declare
    wait interval;
begin
    if calls_per_minute > 0 then
        wait := take_token(account_id, bucket, calls_per_minute, burst, clock_timestamp());
        if wait > interval '0' then
            return seconds_to_wait(wait);
        end if;
    end if;
    return null;
end
$$;

comment on function seconds_until_allowed is
    'Counts a call against a limit (0 calls a minute: none) and returns null; or counts nothing and returns for how many seconds to wait.';

create or replace function block_left(account_id text) returns interval
    language plpgsql as
$$
begin
    return (select a.new_keys_blocked_until - clock_timestamp() from account a
             where a.id = block_left.account_id and a.new_keys_blocked_until > clock_timestamp());
end
$$;

comment on function block_left is 'How long no key of this account may be created, enabled or allowed more; null: no block.';

-- R__9 grants what is called from outside; everybody else may call nothing.
revoke execute on function
    take_token, seconds_to_wait, seconds_until_allowed, block_left
    from public;
