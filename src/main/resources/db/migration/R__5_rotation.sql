-- Rotation: a key gets another secret, and keeps everything else. For a time that the caller chooses, the secret before it works too.
--
-- A secret that is replaced is burnt (R__4), so that it can never be a key's again. A key has two secrets at most: while two work, a
-- rotation with an overlap replaces the newer one and leaves the older one and its end, which is what a caller wants whose answer was
-- lost; without an overlap only the new one works.

select set_config('search_path', format('%I, pg_temp', current_schema()), false);

create or replace function rotate_proxy_keys(
    account_id       text,    -- its row is locked already
    target_ids       text[],  -- each key as named by the caller, if that can be a public identifier,
    target_hashes    bytea[], -- and the SHA-256 of the same
    secret_hashes    bytea[], -- as many, for the new secrets, chosen by the caller before BEGIN: a retry of a transaction whose outcome is
                              -- unknown finds its keys
    overlap_seconds  int,     -- how long the secrets before them work; 0: from now on they do not
    bucket           text,    -- which limit the call counts against
    calls_per_minute int,     -- that limit; 0: none
    burst            int      -- how many calls may come at once; 1 or more
) returns table (
    outcome       text,   -- 'rotated': a row for each key. Else nothing was changed: 'unknown', 'foreign': a row for each name of no key,
                          -- or of another account's; 'same': two names of one key; 'limited', 'blocked': refused for some seconds
    retry_after   int,    -- seconds, when limited or blocked
    place         int,    -- of the name, from 1
    key_id        text,   -- when rotated
    overlap_until bigint  -- Unix seconds; null: no secret before the new one works
)
    language plpgsql security definer
    set search_path from current as
$$
#variable_conflict use_variable
declare
    started_at timestamptz := clock_timestamp();
    ends       timestamptz := case when overlap_seconds > 0 then started_at + overlap_seconds * interval '1 second' end;
    key_ids    text[];
begin
    if account_id is null then
        raise exception 'the account is missing' using errcode = 'invalid_parameter_value';
    end if;
    -- Done by an earlier attempt?
    if not exists (select from proxy_key k where k.secret_hash = any (secret_hashes)) then
        retry_after := seconds_until_allowed(account_id, bucket, calls_per_minute, burst);
        if retry_after is not null then
            outcome := 'limited';
            return next;
            return;
        end if;
        return query
            select case when k.id is null then 'unknown' else 'foreign' end, null::int, n.place::int, null, null::bigint
              from unnest(target_ids, target_hashes) with ordinality as n (id, hash, place)
              left join lateral (select * from find_proxy_key(n.id, n.hash) offset 0) k on true
             where k.account_id is distinct from account_id
             order by n.place;
        if found then
            return;
        end if;
        key_ids := array(select f.id from find_proxy_keys(account_id, target_ids, target_hashes) f order by f.place);
        if (select count(distinct id) from unnest(key_ids) id) < cardinality(key_ids) then
            outcome := 'same';
            return next;
            return;
        end if;
        retry_after := seconds_to_wait(block_left(account_id));
        if retry_after is not null then
            outcome := 'blocked';
            return next;
            return;
        end if;

        -- Burnt first and in one order, as by an alert: otherwise the two would wait for each other.
        insert into burnt_secret as b (secret_hash, account_id, key_id, rotated_at)
        select k.secret_hash, k.account_id, k.id, started_at from proxy_key k where k.id = any (key_ids) order by k.secret_hash
            on conflict on constraint burnt_secret_pkey do update
               set account_id = excluded.account_id, key_id = excluded.key_id, rotated_at = excluded.rotated_at;
        update proxy_key k
           set secret_hash = n.hash,
               rotated_at = started_at,
               previous_secret_hash = case when ends is null then null
                                           when k.previous_valid_until > started_at then k.previous_secret_hash else k.secret_hash end,
               previous_valid_until = case when ends is null then null
                                           when k.previous_valid_until > started_at then k.previous_valid_until else ends end
          from unnest(key_ids, secret_hashes) as n (id, hash)
         where k.id = n.id;
        -- When the new secrets are in the unique index, as for a creation.
        if exists (select from burnt_secret b where b.secret_hash = any (secret_hashes)) then
            raise exception 'this secret has leaked: it cannot be used for a key' using errcode = 'PK008';
        end if;
        perform update_account(account_id, credits => 0, keys_changed => true, block_seconds => 0);
    end if;
    -- After an earlier attempt, without those that others took before this one.
    return query
        select 'rotated', null::int, n.place::int, k.id, floor(extract(epoch from k.previous_valid_until))::bigint
          from unnest(secret_hashes) with ordinality as n (hash, place)
          join proxy_key k on k.secret_hash = n.hash
         order by n.place;
end
$$;

comment on function rotate_proxy_keys is 'Gives keys of a locked account other secrets, all or none, and tells the caches.';

-- R__9 grants what is called from outside; everybody else may call nothing.
revoke execute on function rotate_proxy_keys from public;
