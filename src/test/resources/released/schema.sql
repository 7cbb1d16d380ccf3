-- The schema of release 0.2.0 (commit 7cc31ed): its V1 to V15 and roles.sql on PostgreSQL 15, as pg_dump --schema-only writes it.
--
-- PostgreSQL database dump
--


-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)
-- Dumped by pg_dump version 15.18 (Debian 15.18-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: alert_result; Type: TYPE; Schema: public; Owner: -
--

CREATE TYPE public.alert_result AS (
	outcome text,
	was_key boolean,
	account_id text,
	receipt uuid,
	keys_deleted integer,
	keys_spared integer,
	credits_returned numeric,
	balance_after numeric,
	revoked_at bigint,
	key_ids text[]
);


--
-- Name: created_key; Type: TYPE; Schema: public; Owner: -
--

CREATE TYPE public.created_key AS (
	outcome text,
	retry_after integer,
	created_at timestamp with time zone
);


--
-- Name: found_key; Type: TYPE; Schema: public; Owner: -
--

CREATE TYPE public.found_key AS (
	outcome text,
	retry_after integer,
	id text,
	name text,
	allocated numeric,
	used numeric,
	is_active boolean,
	expires_at timestamp with time zone,
	model_whitelist text[],
	ip_whitelist text[],
	created_at timestamp with time zone,
	last_used timestamp with time zone
);


--
-- Name: key_change; Type: TYPE; Schema: public; Owner: -
--

CREATE TYPE public.key_change AS (
	outcome text,
	retry_after integer,
	key_id text
);


--
-- Name: key_switch; Type: TYPE; Schema: public; Owner: -
--

CREATE TYPE public.key_switch AS (
	outcome text,
	retry_after integer
);


--
-- Name: recreated_key; Type: TYPE; Schema: public; Owner: -
--

CREATE TYPE public.recreated_key AS (
	outcome text,
	retry_after integer,
	keys_skipped integer,
	credits_allocated numeric,
	balance numeric,
	replaces text,
	id text,
	name text,
	allocated numeric,
	is_active boolean,
	expires_at timestamp with time zone,
	model_whitelist text[],
	ip_whitelist text[],
	created_at timestamp with time zone
);


--
-- Name: request_result; Type: TYPE; Schema: public; Owner: -
--

CREATE TYPE public.request_result AS (
	outcome text,
	receipt uuid,
	keys_deleted integer,
	keys_spared integer,
	credits_returned numeric,
	balance_after numeric,
	revoked_at bigint,
	retry_after integer,
	key_ids text[]
);


--
-- Name: revocation_result; Type: TYPE; Schema: public; Owner: -
--

CREATE TYPE public.revocation_result AS (
	outcome text,
	receipt uuid,
	keys_deleted integer,
	keys_spared integer,
	credits_returned numeric,
	balance_after numeric,
	revoked_at bigint,
	retry_after integer
);


SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: revocation; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.revocation (
    id uuid NOT NULL,
    account_id text NOT NULL,
    trigger text NOT NULL,
    operation text NOT NULL,
    target_fingerprint bytea,
    dedupe_key text,
    requested_by text,
    reason text,
    keys_deleted integer NOT NULL,
    keys_spared integer DEFAULT 0 NOT NULL,
    credits_returned numeric(26,6) NOT NULL,
    balance_after numeric(26,6) NOT NULL,
    revoked_at timestamp with time zone NOT NULL,
    credits_settled_later numeric(26,6) DEFAULT 0 NOT NULL,
    transaction_id xid8 DEFAULT pg_current_xact_id() NOT NULL,
    block_seconds integer DEFAULT 0 NOT NULL,
    url text,
    reported_by text,
    CONSTRAINT revocation_amounts_not_negative CHECK (((keys_deleted >= 0) AND (credits_returned >= (0)::numeric) AND (credits_returned <> 'NaN'::numeric) AND (balance_after >= (0)::numeric) AND (balance_after <> 'NaN'::numeric))),
    CONSTRAINT revocation_operation_known CHECK ((operation = ANY (ARRAY['all'::text, 'expired'::text, 'inactive'::text, 'never_used'::text, 'one'::text]))),
    CONSTRAINT revocation_revoked_at_told CHECK (((revoked_at >= '0001-01-01 00:00:00+00'::timestamp with time zone) AND (revoked_at < '10000-01-01 00:00:00+00'::timestamp with time zone))),
    CONSTRAINT revocation_settled_later CHECK (((credits_settled_later >= (0)::numeric) AND (credits_settled_later <> 'NaN'::numeric))),
    CONSTRAINT revocation_trigger_known CHECK ((trigger = ANY (ARRAY['request'::text, 'alert'::text])))
);


--
-- Name: TABLE revocation; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.revocation IS 'The receipt of one deletion, kept 90 days.';


--
-- Name: COLUMN revocation.target_fingerprint; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.revocation.target_fingerprint IS 'Removing one key: what the caller named it, hashed with the receipt''s id, to tell a repeat from another key.';


--
-- Name: COLUMN revocation.dedupe_key; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.revocation.dedupe_key IS 'The request''s Idempotency-Key, or what makes an alert the same: the id of its envelope, or a digest.';


--
-- Name: COLUMN revocation.requested_by; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.revocation.requested_by IS 'The token''s azp or client_id; the source of the alert.';


--
-- Name: COLUMN revocation.keys_spared; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.revocation.keys_spared IS 'An alert: how many keys were newer than what was detected, and stayed.';


--
-- Name: COLUMN revocation.balance_after; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.revocation.balance_after IS 'The account''s balance at the end of this revocation.';


--
-- Name: COLUMN revocation.credits_settled_later; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.revocation.credits_settled_later IS 'What came back to the balance after the deletion: the unused parts of calls that were in flight. Not in credits_returned.';


--
-- Name: COLUMN revocation.transaction_id; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.revocation.transaction_id IS 'The transaction that wrote the receipt. With pg_snapshot_xmin(pg_current_snapshot()) it is a cursor that misses none.';


--
-- Name: COLUMN revocation.block_seconds; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.revocation.block_seconds IS 'For how long it blocked new keys. 0: it did not, or was written before this was kept.';


--
-- Name: COLUMN revocation.url; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.revocation.url IS 'An alert: where the key was found.';


--
-- Name: COLUMN revocation.reported_by; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.revocation.reported_by IS 'An alert: who found it.';


--
-- Name: alert_result_of(text, public.revocation); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.alert_result_of(outcome text, done public.revocation) RETURNS public.alert_result
    LANGUAGE sql STABLE
    AS $$
select row (outcome, true, done.account_id, done.id, done.keys_deleted, done.keys_spared, done.credits_returned, done.balance_after,
            floor(extract(epoch from done.revoked_at))::bigint,
            case when outcome = 'revoked' and done.keys_deleted > 0 then some_deleted_keys(done.id) end)::alert_result
$$;


--
-- Name: FUNCTION alert_result_of(outcome text, done public.revocation); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.alert_result_of(outcome text, done public.revocation) IS 'What a receipt says, as the result of an alert.';


--
-- Name: announce_key_change(text, bigint); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.announce_key_change(account_id text, keys_version bigint) RETURNS text
    LANGUAGE sql
    AS $$
select pg_notify('proxy_keys_changed', json_build_object('account_id', account_id, 'keys_version', keys_version)::text)::text
$$;


--
-- Name: FUNCTION announce_key_change(account_id text, keys_version bigint); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.announce_key_change(account_id text, keys_version bigint) IS 'Tells every cache to drop the keys of an account; delivered on commit only. The payload''s names are the contract with caches.';


--
-- Name: as_inet(text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.as_inet(text text) RETURNS inet
    LANGUAGE plpgsql IMMUTABLE
    AS $$
begin
    return text::inet;
exception
    when invalid_text_representation then
        return null;
end
$$;


--
-- Name: FUNCTION as_inet(text text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.as_inet(text text) IS 'An entry of an IP whitelist; null for what is none.';


--
-- Name: block_left(text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.block_left(account_id text) RETURNS interval
    LANGUAGE plpgsql
    AS $$
begin
    return (select a.new_keys_blocked_until - clock_timestamp() from account a
             where a.id = block_left.account_id and a.new_keys_blocked_until > clock_timestamp());
end
$$;


--
-- Name: FUNCTION block_left(account_id text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.block_left(account_id text) IS 'How long no key of this account may be created or get further; null: no block.';


--
-- Name: burn_secret(bytea, text, text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.burn_secret(secret_hash bytea, account_id text, key_id text) RETURNS void
    LANGUAGE plpgsql
    AS $$
begin
    insert into burnt_secret as b (secret_hash, account_id, key_id) values (secret_hash, account_id, key_id)
        on conflict on constraint burnt_secret_pkey do update
           set account_id = excluded.account_id, key_id = excluded.key_id, burnt_at = excluded.burnt_at
         where b.key_id is null;
end
$$;


--
-- Name: FUNCTION burn_secret(secret_hash bytea, account_id text, key_id text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.burn_secret(secret_hash bytea, account_id text, key_id text) IS 'Keeps a secret from ever being created again. Waits for creations of it that are in flight.';


--
-- Name: carry_out_alert(uuid, text, text, text, bytea, text, boolean, text, text, text, text, text, timestamp with time zone, integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.carry_out_alert(receipt_id uuid, account_id text, seen_key_id text, key_id text, secret_hash bytea, stated_account text, whole_account boolean, dedupe_key text, requested_by text, reported_by text, reason text, url text, created_until timestamp with time zone, block_seconds integer) RETURNS public.alert_result
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
declare
    started_at timestamptz := clock_timestamp();
    names_key  boolean := key_id is not null or secret_hash is not null;
    known_id   text;
    done       revocation;
    target     proxy_key;
    burnt      burnt_secret;
    named      record;
    others     record;
    keys       int := 0;
    spared     int := 0;
    credits    numeric := 0.000000;
begin
    -- The caller passes no id unless its transaction holds the lock.
    if receipt_id is null or (whole_account and created_until is null) then
        raise exception 'the id of the receipt, or which keys are to go, is not said' using errcode = 'invalid_parameter_value';
    end if;
    -- Done by an earlier attempt?
    select * into done from revocation r where r.id = receipt_id;
    if found then
        return alert_result_of('revoked', done);
    end if;

    if names_key then
        select * into target from find_proxy_key(key_id, secret_hash);
        if target.id is not null and target.account_id is distinct from account_id then
            raise exception 'the key was created after the account was locked' using errcode = 'serialization_failure';
        end if;
        select * into burnt from burnt_secret b
         where b.secret_hash = coalesce(target.secret_hash, carry_out_alert.secret_hash) or b.key_id = carry_out_alert.key_id
         order by b.key_id limit 1;
        known_id := coalesce(target.id, burnt.key_id, seen_key_id);
        -- A key is the same whether it is named by its secret or by its identifier.
        dedupe_key := encode(sha256(convert_to(
            dedupe_key || coalesce(' key ' || coalesce(known_id, key_id), ' sha256 ' || encode(secret_hash, 'hex')), 'UTF8')), 'hex');
        select * into done from revocation r
         where r.trigger = 'alert' and r.dedupe_key = carry_out_alert.dedupe_key order by r.revoked_at limit 1;
        if stated_account <> coalesce(target.account_id, done.account_id, case when whole_account then account_id end) then
            return row ('foreign', known_id is not null, null, null, null, null, null, null, null, null)::alert_result;
        end if;
    else
        select * into done from revocation r
         where r.account_id = carry_out_alert.account_id and r.trigger = 'alert' and r.dedupe_key = carry_out_alert.dedupe_key;
    end if;
    if done.id is not null then
        return alert_result_of('replayed', done);
    end if;

    if target.secret_hash is not null or secret_hash is not null then
        perform burn_secret(coalesce(target.secret_hash, secret_hash), case when known_id is not null then
                                coalesce(target.account_id, burnt.account_id, account_id) end, known_id);
        -- If that had to wait for a creation, the key is there now.
        if target.id is null and exists (select from proxy_key k where k.secret_hash = carry_out_alert.secret_hash) then
            raise exception 'the key was created while the alert was carried out' using errcode = 'serialization_failure';
        end if;
    end if;
    if target.id is null and names_key and not whole_account then
        return row ('unknown', known_id is not null, null, null, null, null, null, null, null, null)::alert_result;
    end if;
    if account_id is null then
        return row ('ownerless', known_id is not null, null, null, null, null, null, null, null, null)::alert_result;
    end if;

    if target.id is not null then
        named := delete_proxy_keys(receipt_id, account_id, 'one', target.id, target.created_at, target.created_at, started_at);
        keys := named.keys_deleted;
        credits := named.credits_returned;
    end if;
    if whole_account then
        others := delete_proxy_keys(receipt_id, account_id, 'all', null, '-infinity', created_until, started_at);
        keys := keys + others.keys_deleted;
        credits := credits + others.credits_returned;
        spared := count_newer_keys(account_id, created_until);
    end if;
    done.id := receipt_id;
    done.account_id := account_id;
    done.keys_deleted := keys;
    done.keys_spared := spared;
    done.credits_returned := credits;
    done.balance_after := update_account(account_id, credits, keys > 0, block_seconds);
    done.revoked_at := write_alert_receipt(receipt_id, account_id, case when whole_account then 'all' else 'one' end, dedupe_key,
                                           requested_by, reported_by, reason, url, block_seconds, keys, spared, credits,
                                           done.balance_after);
    return alert_result_of('revoked', done);
end
$$;


--
-- Name: FUNCTION carry_out_alert(receipt_id uuid, account_id text, seen_key_id text, key_id text, secret_hash bytea, stated_account text, whole_account boolean, dedupe_key text, requested_by text, reported_by text, reason text, url text, created_until timestamp with time zone, block_seconds integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.carry_out_alert(receipt_id uuid, account_id text, seen_key_id text, key_id text, secret_hash bytea, stated_account text, whole_account boolean, dedupe_key text, requested_by text, reported_by text, reason text, url text, created_until timestamp with time zone, block_seconds integer) IS 'Burns the secret of the key that an alert names, deletes it and, for the whole account, the older ones, credits what they had left, writes the receipt and tells the caches.';


--
-- Name: carry_out_revocation(uuid, text, text, text, bytea, text, text, integer, text, integer, integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.carry_out_revocation(receipt_id uuid, account_id text, operation text, target_id text, target_hash bytea, dedupe_key text, requested_by text, block_seconds integer, bucket text, calls_per_minute integer, burst integer) RETURNS public.request_result
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
declare
    started_at timestamptz := clock_timestamp(); -- now() is the transaction's start, before the wait for the lock
    done       revocation;
    outcome    text := 'revoked';
    wait       interval;
    target     proxy_key;
    deleted    record;
    balance    numeric;
    revoked_at timestamptz;
begin
    if operation not in ('all', 'expired', 'inactive', 'never_used', 'one') then
        raise exception 'unknown operation %', operation using errcode = 'invalid_parameter_value';
    end if;

    -- Has this been done already? Looked up before it is counted: a replay is free.
    select * into done from earlier_revocation(receipt_id, account_id, 'request', dedupe_key);
    if done.id is not null then
        if done.id is distinct from receipt_id then
            outcome := case when done.block_seconds = block_seconds and is_repeat(done, operation, target_id, target_hash)
                            then 'replayed' else 'reused' end;
        end if;
        return row (outcome, done.id, done.keys_deleted, done.keys_spared, done.credits_returned, done.balance_after,
                    floor(extract(epoch from done.revoked_at))::bigint, null,
                    case when outcome = 'revoked' then some_deleted_keys(done.id) end)::request_result;
    end if;

    if calls_per_minute > 0 then
        wait := take_token(account_id, bucket, calls_per_minute, burst, started_at);
        if wait > interval '0' then
            return row ('limited', null, null, null, null, null, null, ceil(extract(epoch from wait))::int, null)::request_result;
        end if;
    end if;

    if operation = 'one' then
        select * into target from find_proxy_key(target_id, target_hash);
        if target.account_id is distinct from account_id then
            return row (case when target.id is null then 'unknown' else 'foreign' end,
                        null, null, null, null, null, null, null, null)::request_result;
        end if;
    end if;

    deleted := delete_proxy_keys(receipt_id, account_id, operation, target.id,
                                 first_made => coalesce(target.created_at, '-infinity'),
                                 last_made => coalesce(target.created_at, 'infinity'),
                                 at => started_at);
    balance := update_account(account_id, deleted.credits_returned, deleted.keys_deleted > 0, block_seconds);
    revoked_at := write_receipt(receipt_id, account_id, 'request', operation, target_hash, dedupe_key, requested_by, null,
                                deleted.keys_deleted, 0, deleted.credits_returned, balance);
    if block_seconds > 0 then
        update revocation r set block_seconds = carry_out_revocation.block_seconds where r.id = receipt_id;
    end if;
    return row (outcome, receipt_id, deleted.keys_deleted, 0, deleted.credits_returned, balance,
                floor(extract(epoch from revoked_at))::bigint, null,
                case when deleted.keys_deleted > 0 then some_deleted_keys(receipt_id) end)::request_result;
end
$$;


--
-- Name: FUNCTION carry_out_revocation(receipt_id uuid, account_id text, operation text, target_id text, target_hash bytea, dedupe_key text, requested_by text, block_seconds integer, bucket text, calls_per_minute integer, burst integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.carry_out_revocation(receipt_id uuid, account_id text, operation text, target_id text, target_hash bytea, dedupe_key text, requested_by text, block_seconds integer, bucket text, calls_per_minute integer, burst integer) IS 'Deletes the selected keys of a locked account, or one, as a person asked, credits what they had left, writes the receipt, tells the caches, and blocks new keys if wanted.';


--
-- Name: carry_out_revocation(uuid, text, text, text, text, bytea, text, text, text, timestamp with time zone, integer, text, integer, integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.carry_out_revocation(receipt_id uuid, account_id text, trigger text, operation text, target_id text, target_hash bytea, dedupe_key text, requested_by text, reason text, created_until timestamp with time zone, block_seconds integer, bucket text, calls_per_minute integer, burst integer) RETURNS public.revocation_result
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
declare
    started_at timestamptz := clock_timestamp(); -- now() is the transaction's start, before the wait for the lock
    done       revocation;
    outcome    text := 'revoked';
    wait       interval;
    target     proxy_key;
    deleted    record;
    spared     int := 0;
    balance    numeric;
    revoked_at timestamptz;
begin
    if operation not in ('all', 'expired', 'inactive', 'never_used', 'one') then
        raise exception 'unknown operation %', operation using errcode = 'invalid_parameter_value';
    end if;

    -- Has this been done already? Looked up before it is counted: a replay is free.
    select * into done from earlier_revocation(receipt_id, account_id, trigger, dedupe_key);
    if done.id is not null then
        if done.id is distinct from receipt_id then
            outcome := case when is_repeat(done, operation, target_id, target_hash) then 'replayed' else 'reused' end;
        end if;
        return row (outcome, done.id, done.keys_deleted, done.keys_spared, done.credits_returned, done.balance_after,
                    floor(extract(epoch from done.revoked_at))::bigint, null)::revocation_result;
    end if;

    if calls_per_minute > 0 then
        wait := take_token(account_id, bucket, calls_per_minute, burst, started_at);
        if wait > interval '0' then
            return row ('limited', null, null, null, null, null, null, ceil(extract(epoch from wait))::int)::revocation_result;
        end if;
    end if;

    if operation = 'one' then
        select * into target from find_proxy_key(target_id, target_hash);
        if target.account_id is distinct from account_id then
            return row (case when target.id is null then 'unknown' else 'foreign' end,
                        null, null, null, null, null, null, null)::revocation_result;
        end if;
    end if;

    deleted := delete_proxy_keys(receipt_id, account_id, operation, target.id,
                                 first_made => coalesce(target.created_at, '-infinity'),
                                 last_made => coalesce(target.created_at, created_until, 'infinity'),
                                 at => started_at);
    balance := update_account(account_id, deleted.credits_returned, deleted.keys_deleted > 0, block_seconds);
    if created_until is not null then
        spared := count_newer_keys(account_id, created_until);
    end if;
    revoked_at := write_receipt(receipt_id, account_id, trigger, operation, target_hash, dedupe_key, requested_by, reason,
                                deleted.keys_deleted, spared, deleted.credits_returned, balance);
    return row (outcome, receipt_id, deleted.keys_deleted, spared, deleted.credits_returned, balance,
                floor(extract(epoch from revoked_at))::bigint, null)::revocation_result;
end
$$;


--
-- Name: FUNCTION carry_out_revocation(receipt_id uuid, account_id text, trigger text, operation text, target_id text, target_hash bytea, dedupe_key text, requested_by text, reason text, created_until timestamp with time zone, block_seconds integer, bucket text, calls_per_minute integer, burst integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.carry_out_revocation(receipt_id uuid, account_id text, trigger text, operation text, target_id text, target_hash bytea, dedupe_key text, requested_by text, reason text, created_until timestamp with time zone, block_seconds integer, bucket text, calls_per_minute integer, burst integer) IS 'Deletes the selected keys of a locked account, or one, credits what they had left, writes the receipt and tells the caches.';


--
-- Name: count_newer_keys(text, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.count_newer_keys(account_id text, created_until timestamp with time zone) RETURNS integer
    LANGUAGE plpgsql
    AS $$
begin
    return (select count(*) from proxy_key k
             where k.account_id = count_newer_keys.account_id and k.created_at > created_until);
end
$$;


--
-- Name: FUNCTION count_newer_keys(account_id text, created_until timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.count_newer_keys(account_id text, created_until timestamp with time zone) IS 'How many live keys of an account were made later than this.';


--
-- Name: create_account(text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.create_account(account_id text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
#variable_conflict use_variable
begin
    if account_id is null or char_length(account_id) not between 1 and 255 or account_id ~ '[\u0001-\u001f\u007f-\u009f]' then
        raise exception 'the account id must have 1 to 255 characters, none of them a control character'
            using errcode = 'invalid_parameter_value';
    end if;
    insert into account (id) values (account_id) on conflict do nothing;
end
$$;


--
-- Name: FUNCTION create_account(account_id text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.create_account(account_id text) IS 'Makes an account without credits. If it is there already, it stays as it is.';


--
-- Name: create_proxy_key(text, text, bytea, numeric, timestamp with time zone, text[], text[]); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.create_proxy_key(account_id text, name text, secret_hash bytea, allocated numeric, expires_at timestamp with time zone, model_whitelist text[], ip_whitelist text[]) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    owner  account;
    new_id text;
begin
    -- numeric(20,6) holds fourteen digits before the point.
    if allocated is null or allocated <= 0 or allocated >= 1e14 or allocated <> round(allocated, 6) then
        raise exception 'the allocation must be an amount above zero, below 10^14, with at most six decimals'
            using errcode = 'numeric_value_out_of_range';
    end if;
    if char_length(name) > 25 then
        raise exception 'the name must have at most 25 characters' using errcode = 'invalid_parameter_value';
    end if;
    if secret_hash is null or octet_length(secret_hash) <> 32 then
        raise exception 'the secret hash must be a SHA-256: 32 bytes' using errcode = 'invalid_parameter_value';
    end if;
    if expires_at < '0001-01-01 00:00:00+00' or expires_at >= '10000-01-01 00:00:00+00' then
        raise exception 'the expiry must be in the years 1 to 9999, or null for a key that never expires'
            using errcode = 'invalid_parameter_value';
    end if;
    if array_ndims(model_whitelist) > 1 or array_ndims(ip_whitelist) > 1 then
        raise exception 'a whitelist must have one dimension' using errcode = 'invalid_parameter_value';
    end if;

    -- The account's row first and alone: deletions, toggles and creations of one account happen one after the other.
    select * into owner from account a where a.id = create_proxy_key.account_id for update;
    if not found then
        raise exception 'no such account' using errcode = 'PK005';
    end if;
    if owner.new_keys_blocked_until > clock_timestamp() then
        raise exception 'new proxy keys are blocked for this account until %', owner.new_keys_blocked_until
            using errcode = 'PK007';
    end if;
    if owner.balance < create_proxy_key.allocated then
        raise exception 'the balance is too low' using errcode = 'PK006';
    end if;

    update account a set balance = a.balance - create_proxy_key.allocated where a.id = owner.id;
    insert into proxy_key (id, account_id, name, secret_hash, allocated, expires_at, model_whitelist, ip_whitelist)
    values ('ek-proxy-' || replace(gen_random_uuid()::text, '-', ''), owner.id,
            create_proxy_key.name, create_proxy_key.secret_hash, create_proxy_key.allocated, create_proxy_key.expires_at,
            coalesce(create_proxy_key.model_whitelist, '{}'), coalesce(create_proxy_key.ip_whitelist, '{}'))
    returning id into new_id;
    return new_id;
end
$$;


--
-- Name: FUNCTION create_proxy_key(account_id text, name text, secret_hash bytea, allocated numeric, expires_at timestamp with time zone, model_whitelist text[], ip_whitelist text[]); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.create_proxy_key(account_id text, name text, secret_hash bytea, allocated numeric, expires_at timestamp with time zone, model_whitelist text[], ip_whitelist text[]) IS 'Moves credits from the balance into a new key and returns its public identifier.';


--
-- Name: create_proxy_key(text, text, bytea, numeric, timestamp with time zone, text[], text[], text, text, integer, integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.create_proxy_key(account_id text, name text, secret_hash bytea, allocated numeric, expires_at timestamp with time zone, model_whitelist text[], ip_whitelist text[], key_id text, bucket text, calls_per_minute integer, burst integer) RETURNS public.created_key
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $_$
declare
    wait        interval;
    balance     numeric;
    created_at  timestamptz := time_of_creation(account_id, key_id, secret_hash);
begin
    if created_at is not null then
        return row ('created', null, created_at)::created_key;
    end if;

    if allocated is null or allocated <= 0 or allocated >= 1e14 or allocated <> round(allocated, 6) then
        raise exception 'the allocation must be an amount above zero, below 10^14, with at most six decimals'
            using errcode = 'numeric_value_out_of_range';
    end if;
    if account_id is null or key_id !~ '^ek-proxy-[0-9a-f]{32}$' or octet_length(secret_hash) <> 32 or name is null then
        raise exception 'the account, the name, the identifier or the secret hash is missing or malformed'
            using errcode = 'invalid_parameter_value';
    end if;

    if calls_per_minute > 0 then
        wait := take_token(account_id, bucket, calls_per_minute, burst, clock_timestamp());
        if wait > interval '0' then
            return row ('limited', seconds_to_wait(wait), null)::created_key;
        end if;
    end if;
    wait := block_left(account_id);
    if wait is not null then
        return row ('blocked', seconds_to_wait(wait), null)::created_key;
    end if;
    select a.balance into balance from account a where a.id = create_proxy_key.account_id;
    if balance < allocated then
        return row ('insufficient', null, null)::created_key;
    end if;

    perform update_account(account_id, credits => -allocated, keys_changed => false, block_seconds => 0);
    insert into proxy_key as k (id, account_id, name, secret_hash, allocated, expires_at, model_whitelist, ip_whitelist)
    values (key_id, account_id, name, secret_hash, allocated, expires_at, model_whitelist, ip_whitelist)
    returning k.created_at into created_at;
    return row ('created', null, created_at)::created_key;
end
$_$;


--
-- Name: FUNCTION create_proxy_key(account_id text, name text, secret_hash bytea, allocated numeric, expires_at timestamp with time zone, model_whitelist text[], ip_whitelist text[], key_id text, bucket text, calls_per_minute integer, burst integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.create_proxy_key(account_id text, name text, secret_hash bytea, allocated numeric, expires_at timestamp with time zone, model_whitelist text[], ip_whitelist text[], key_id text, bucket text, calls_per_minute integer, burst integer) IS 'Moves credits from the balance of a locked account into a new key.';


--
-- Name: delete_proxy_keys(uuid, text, text, text, timestamp with time zone, timestamp with time zone, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.delete_proxy_keys(receipt_id uuid, account_id text, operation text, key_id text, first_made timestamp with time zone, last_made timestamp with time zone, at timestamp with time zone, OUT keys_deleted integer, OUT credits_returned numeric) RETURNS record
    LANGUAGE plpgsql
    AS $$
begin
    with gone as (
        delete from proxy_key k
         where k.account_id = delete_proxy_keys.account_id
           and k.created_at between first_made and last_made
           and case
                   when delete_proxy_keys.operation = 'one' then k.id = key_id
                   else proxy_key_selected(delete_proxy_keys.operation, k.is_active, k.expires_at, k.used, at)
               end
        returning k.id, k.name, k.allocated, k.used, k.is_active, k.expires_at, k.model_whitelist, k.ip_whitelist,
                  k.created_at, k.last_used
    ), kept as (
        insert into revoked_key (revocation_id, id, name, allocated, used, is_active, expires_at, model_whitelist, ip_whitelist,
                                 created_at, last_used)
        select receipt_id, gone.* from gone
        returning allocated, used
    )
    select count(*), coalesce(sum(kept.allocated - kept.used), 0.000000) into keys_deleted, credits_returned from kept;
    if keys_deleted > 0 then
        perform note_holds(receipt_id, account_id);
    end if;
end
$$;


--
-- Name: FUNCTION delete_proxy_keys(receipt_id uuid, account_id text, operation text, key_id text, first_made timestamp with time zone, last_made timestamp with time zone, at timestamp with time zone, OUT keys_deleted integer, OUT credits_returned numeric); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.delete_proxy_keys(receipt_id uuid, account_id text, operation text, key_id text, first_made timestamp with time zone, last_made timestamp with time zone, at timestamp with time zone, OUT keys_deleted integer, OUT credits_returned numeric) IS 'Deletes the selected keys of an account and keeps their settings with the receipt; returns how many, and what they had left.';


--
-- Name: earlier_revocation(uuid, text, text, text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.earlier_revocation(receipt_id uuid, account_id text, trigger text, dedupe_key text) RETURNS SETOF public.revocation
    LANGUAGE sql STABLE
    AS $$
(select * from revocation r where r.id = earlier_revocation.receipt_id)
union all
(select * from revocation r
  where r.account_id = earlier_revocation.account_id
    and r.trigger = earlier_revocation.trigger
    and r.dedupe_key = earlier_revocation.dedupe_key)
limit 1
$$;


--
-- Name: FUNCTION earlier_revocation(receipt_id uuid, account_id text, trigger text, dedupe_key text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.earlier_revocation(receipt_id uuid, account_id text, trigger text, dedupe_key text) IS 'The receipt of this revocation if an earlier attempt wrote it, else the one with the same dedupe key, if there is one.';


--
-- Name: proxy_key; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.proxy_key (
    id text NOT NULL,
    account_id text NOT NULL,
    name text,
    secret_hash bytea NOT NULL,
    allocated numeric(20,6) NOT NULL,
    used numeric(20,6) DEFAULT 0 NOT NULL,
    is_active boolean DEFAULT true NOT NULL,
    expires_at timestamp with time zone,
    model_whitelist text[] DEFAULT '{}'::text[] NOT NULL,
    ip_whitelist text[] DEFAULT '{}'::text[] NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    last_used timestamp with time zone,
    CONSTRAINT proxy_key_allocated_not_negative CHECK (((allocated >= (0)::numeric) AND (allocated <> 'NaN'::numeric))),
    CONSTRAINT proxy_key_created_at_told CHECK (((created_at >= '0001-01-01 00:00:00+00'::timestamp with time zone) AND (created_at < '10000-01-01 00:00:00+00'::timestamp with time zone))),
    CONSTRAINT proxy_key_expires_at_told CHECK (((expires_at >= '0001-01-01 00:00:00+00'::timestamp with time zone) AND (expires_at < '10000-01-01 00:00:00+00'::timestamp with time zone))),
    CONSTRAINT proxy_key_last_used_told CHECK (((last_used >= '0001-01-01 00:00:00+00'::timestamp with time zone) AND (last_used < '10000-01-01 00:00:00+00'::timestamp with time zone))),
    CONSTRAINT proxy_key_name_length CHECK ((char_length(name) <= 25)),
    CONSTRAINT proxy_key_used_within_allocated CHECK (((used >= (0)::numeric) AND (used <= allocated))),
    CONSTRAINT proxy_key_whitelists_flat CHECK (((COALESCE(array_ndims(model_whitelist), 1) = 1) AND (COALESCE(array_ndims(ip_whitelist), 1) = 1)))
);


--
-- Name: TABLE proxy_key; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.proxy_key IS 'A delegated sub-key. A row that is gone is a key that no longer works, for good.';


--
-- Name: COLUMN proxy_key.id; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.proxy_key.id IS 'Public identifier (ek-proxy-...): good for managing the key, useless for calling a model.';


--
-- Name: COLUMN proxy_key.secret_hash; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.proxy_key.secret_hash IS 'SHA-256 of the full secret. The secret itself is stored nowhere.';


--
-- Name: COLUMN proxy_key.allocated; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.proxy_key.allocated IS 'Credits moved out of the balance into the key. allocated - used goes back when it is deleted.';


--
-- Name: COLUMN proxy_key.expires_at; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.proxy_key.expires_at IS 'Null: never.';


--
-- Name: find_proxy_key(text, bytea); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.find_proxy_key(target_id text, target_hash bytea) RETURNS SETOF public.proxy_key
    LANGUAGE sql STABLE
    AS $$
select * from proxy_key k where k.id = target_id or k.secret_hash = target_hash order by k.id = target_id desc limit 1
$$;


--
-- Name: FUNCTION find_proxy_key(target_id text, target_hash bytea); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.find_proxy_key(target_id text, target_hash bytea) IS 'The live key with this public identifier, or else with this SHA-256 of its secret, whoever owns it.';


--
-- Name: hold_credits(bytea, numeric, integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.hold_credits(secret_hash bytea, amount numeric, seconds integer) RETURNS TABLE(hold_id uuid, remaining numeric)
    LANGUAGE plpgsql SECURITY DEFINER ROWS 1
    SET search_path TO 'public', 'pg_temp'
    AS $$
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


--
-- Name: FUNCTION hold_credits(secret_hash bytea, amount numeric, seconds integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.hold_credits(secret_hash bytea, amount numeric, seconds integer) IS 'Sets credits of one key aside for a call that is about to be served; returns the hold and what the key has left. Commit at once.';


--
-- Name: ip_covered(inet, inet[]); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.ip_covered(block inet, entries inet[]) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE
    AS $$
begin
    if block is null then
        return false;
    elsif block <<= any (entries) then
        return true;
    elsif block >> any (entries) then
        return ip_covered(set_masklen(host(network(block))::inet, masklen(block) + 1), entries)
           and ip_covered(network(set_masklen(host(broadcast(block))::inet, masklen(block) + 1))::inet, entries);
    end if;
    return false;
end
$$;


--
-- Name: FUNCTION ip_covered(block inet, entries inet[]); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.ip_covered(block inet, entries inet[]) IS 'Whether every address of a block is one of these addresses or in one of these blocks.';


--
-- Name: is_repeat(public.revocation, text, text, bytea); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.is_repeat(earlier public.revocation, operation text, target_id text, target_hash bytea) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
begin
    return (earlier).operation = operation
       and (operation <> 'one'
            or (earlier).target_fingerprint = sha256(uuid_send((earlier).id) || target_hash)
            -- By its identifier now and by its secret then, or the other way round, it is the same key.
            or exists (select from revoked_key k where k.revocation_id = (earlier).id and k.id = target_id));
end
$$;


--
-- Name: FUNCTION is_repeat(earlier public.revocation, operation text, target_id text, target_hash bytea); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.is_repeat(earlier public.revocation, operation text, target_id text, target_hash bytea) IS 'Whether a dedupe key is used again for what it was used for first: the same operation, and for one key the same key.';


--
-- Name: listed_seconds(timestamp with time zone, bigint); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.listed_seconds(at timestamp with time zone, otherwise bigint) RETURNS bigint
    LANGUAGE sql IMMUTABLE
    AS $$
select case when isfinite(at) then floor(extract(epoch from at))::bigint else otherwise end
$$;


--
-- Name: FUNCTION listed_seconds(at timestamp with time zone, otherwise bigint); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.listed_seconds(at timestamp with time zone, otherwise bigint) IS 'Unix seconds, or another value for null and infinity.';


--
-- Name: lock_account(text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.lock_account(account_id text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
begin
    perform from account a where a.id = lock_account.account_id for update;
    if not found then
        raise exception 'no such account' using errcode = 'PK005';
    end if;
end
$$;


--
-- Name: FUNCTION lock_account(account_id text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.lock_account(account_id text) IS 'Makes deletions, toggles and creations of this account wait until the transaction ends.';


--
-- Name: lock_account_for_change(text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.lock_account_for_change(account text) RETURNS TABLE(id text)
    LANGUAGE plpgsql ROWS 1
    AS $$
begin
    perform set_transaction_promises();
    return query select a.id from account a where a.id = lock_account_for_change.account for update;
end
$$;


--
-- Name: FUNCTION lock_account_for_change(account text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.lock_account_for_change(account text) IS 'First statement of every change: sets what the transaction relies on, and locks the account. No row: no such account.';


--
-- Name: lock_account_of_key(text, bytea, boolean, text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.lock_account_of_key(key_id text, secret_hash bytea, whole_account boolean, stated_account text) RETURNS TABLE(account_id text, seen_key_id text)
    LANGUAGE plpgsql SECURITY DEFINER ROWS 1
    SET search_path TO 'public', 'pg_temp'
    AS $$
#variable_conflict use_variable
declare
    owner text;
begin
    perform set_transaction_promises();
    -- A row lock gives the transaction its number, by which the next statement knows that it is in one. Here there may be none to lock.
    perform pg_current_xact_id();

    select k.account_id, k.id into owner, seen_key_id from find_proxy_key(key_id, secret_hash) k;
    if owner is null and whole_account then
        select b.account_id, b.key_id into owner, seen_key_id from burnt_secret b
         where b.secret_hash = lock_account_of_key.secret_hash or b.key_id = lock_account_of_key.key_id
         order by b.key_id limit 1;
        owner := coalesce(owner, owner_in_receipts(key_id), stated_account);
    end if;
    select a.id into account_id from account a where a.id = owner for update;
    return next;
end
$$;


--
-- Name: FUNCTION lock_account_of_key(key_id text, secret_hash bytea, whole_account boolean, stated_account text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.lock_account_of_key(key_id text, secret_hash bytea, whole_account boolean, stated_account text) IS 'First statement of an alert that names a key: sets what the transaction relies on, and locks the account of its owner.';


--
-- Name: look_up_proxy_key(text, text, bytea, text, integer, integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.look_up_proxy_key(account_id text, target_id text, target_hash bytea, bucket text, calls_per_minute integer, burst integer) RETURNS public.found_key
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
declare
    wait   interval;
    target proxy_key;
    result found_key;
begin
    if calls_per_minute > 0 then
        wait := take_token(account_id, bucket, calls_per_minute, burst, clock_timestamp());
        if wait > interval '0' then
            result.outcome := 'limited';
            result.retry_after := seconds_to_wait(wait);
            return result;
        end if;
    end if;
    select * into target from find_proxy_key(target_id, target_hash);
    if target.account_id is distinct from account_id then
        result.outcome := case when target.id is null then 'unknown' else 'foreign' end;
        return result;
    end if;
    return row ('found', null, target.id, target.name, target.allocated, target.used, target.is_active, target.expires_at,
                target.model_whitelist, target.ip_whitelist, target.created_at, target.last_used)::found_key;
end
$$;


--
-- Name: FUNCTION look_up_proxy_key(account_id text, target_id text, target_hash bytea, bucket text, calls_per_minute integer, burst integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.look_up_proxy_key(account_id text, target_id text, target_hash bytea, bucket text, calls_per_minute integer, burst integer) IS 'Reads one key of a locked account.';


--
-- Name: note_holds(uuid, text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.note_holds(receipt_id uuid, account_id text) RETURNS void
    LANGUAGE plpgsql
    SET enable_seqscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    AS $$
begin
    -- Most accounts have none: they are spared the planning of what follows.
    perform from credit_hold h where h.account_id = note_holds.account_id and h.settled is null and h.revocation_id is null limit 1;
    if not found then
        return;
    end if;

    -- Open holds of live keys too: which are which is looked up among the keys that were deleted, each by the whole index. "offset 0"
    -- keeps PostgreSQL from joining in another order, and the place of a row (ctid) finds it again without another look-up: only
    -- this transaction knows these rows.
    with open as materialized (
        select h.key_id, h.key_created_at, sum(h.amount) as amount, array_agg(h.id) as holds
          from credit_hold h
         where h.account_id = note_holds.account_id and h.settled is null and h.revocation_id is null
         group by h.key_id, h.key_created_at
    ), found as materialized (
        select open.amount, open.holds, deleted.place
          from open, lateral (select k.ctid as place from revoked_key k
                               where k.revocation_id = receipt_id and k.created_at = open.key_created_at and k.id = open.key_id
                              offset 0) deleted
    ), noted as (
        -- No more than was used, whatever was done to the key by hand: a deletion does not fail for that.
        update revoked_key k set held = least(found.amount, k.used) from found where k.ctid = found.place
    )
    update credit_hold h set revocation_id = receipt_id where h.id in (select unnest(found.holds) from found);
end
$$;


--
-- Name: FUNCTION note_holds(receipt_id uuid, account_id text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.note_holds(receipt_id uuid, account_id text) IS 'Has each deleted key of a receipt say what was on hold, and each of those holds which receipt its rest is added to.';


--
-- Name: owner_in_receipts(text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.owner_in_receipts(key_id text) RETURNS text
    LANGUAGE sql STABLE
    AS $$
select r.account_id from revoked_key k join revocation r on r.id = k.revocation_id where k.id = key_id limit 1
$$;


--
-- Name: FUNCTION owner_in_receipts(key_id text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.owner_in_receipts(key_id text) IS 'Whose key it was, by the receipt of its deletion; null if there is none.';


--
-- Name: proxy_key_selected(text, boolean, timestamp with time zone, numeric, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.proxy_key_selected(operation text, is_active boolean, expires_at timestamp with time zone, used numeric, at timestamp with time zone) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    AS $$
select case operation
           when 'all' then true
           when 'expired' then expires_at <= at
           when 'inactive' then not is_active
           when 'never_used' then used = 0
       end
$$;


--
-- Name: FUNCTION proxy_key_selected(operation text, is_active boolean, expires_at timestamp with time zone, used numeric, at timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.proxy_key_selected(operation text, is_active boolean, expires_at timestamp with time zone, used numeric, at timestamp with time zone) IS 'Whether an operation (all, expired, inactive, never_used) deletes a key of this state.';


--
-- Name: purge_receipts(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.purge_receipts() RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    SET enable_seqscan TO 'off'
    AS $$
declare
    most     constant int := 10000;
    older    timestamptz := clock_timestamp() - interval '90 days';
    receipts uuid[];
    holds    uuid[];
    secrets  bytea[];
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

    -- Of a key's secret it is known that it leaked, and that stays.
    secrets := array(
        select b.secret_hash from burnt_secret b where b.key_id is null and b.burnt_at < older
         order by b.burnt_at limit most for update skip locked);
    delete from burnt_secret b where b.secret_hash = any (secrets);
    return cardinality(receipts) + cardinality(holds) + cardinality(secrets);
end
$$;


--
-- Name: FUNCTION purge_receipts(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.purge_receipts() IS 'Deletes a batch of receipts, of settled holds, and of burnt secrets that were no key''s, older than 90 days; returns how many. Repeat until 0.';


--
-- Name: recreate_proxy_keys(text, uuid, text[], text[], bytea[], text, integer, integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.recreate_proxy_keys(account_id text, receipt_id uuid, named text[], key_ids text[], secret_hashes bytea[], bucket text, calls_per_minute integer, burst integer) RETURNS SETOF public.recreated_key
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    SET enable_seqscan TO 'off'
    AS $$
#variable_conflict use_variable
declare
    started_at timestamptz := clock_timestamp();
    wait       interval;
    known      boolean;
    listed     record;
    made       int;
begin
    if account_id is null or key_ids is null or cardinality(key_ids) is distinct from cardinality(secret_hashes) then
        raise exception 'the account, the identifiers or the secret hashes are missing' using errcode = 'invalid_parameter_value';
    end if;

    -- Only from now on is it certain that the receipt is not purged before we commit.
    perform from revocation r where r.id = receipt_id and r.account_id = account_id for no key update;
    known := found;
    if known then
        -- can_be: recreated now; was: recreated before; by_us: in an earlier attempt of this call.
        select count(*) as total,
               count(*) filter (where r.recreated_as is null and r.allocated > r.used
                                      and (r.expires_at is null or r.expires_at > started_at)) as can_be,
               sum(r.allocated - r.used) filter (where r.recreated_as is null
                                                       and (r.expires_at is null or r.expires_at > started_at)) as credits,
               count(r.recreated_as) as was,
               count(*) filter (where r.recreated_as = any (key_ids)) as by_us
          into listed
          from revoked_key r
         where r.revocation_id = receipt_id and (named is null or r.id = any (named));
        if listed.by_us > 0 then
            return query select * from recreated_keys(account_id, receipt_id, key_ids, (listed.total - listed.by_us)::int);
            return;
        end if;
    end if;

    if calls_per_minute > 0 then
        wait := take_token(account_id, bucket, calls_per_minute, burst, started_at);
        if wait > interval '0' then
            return next recreated_outcome('limited', wait);
            return;
        end if;
    end if;
    if not known then
        return next recreated_outcome('unknown', null);
        return;
    end if;
    wait := block_left(account_id);
    if wait is not null then
        return next recreated_outcome('blocked', wait);
        return;
    end if;
    if listed.total < (select count(distinct id) from unnest(named) id) then
        return next recreated_outcome('unlisted', null);
        return;
    end if;
    if listed.was > 0 and (named is not null or listed.can_be = 0) then
        return query
            select 'replaced', null::int, null::int, null::numeric, null::numeric, r.id, r.recreated_as, null, null::numeric,
                   null::boolean, null::timestamptz, null::text[], null::text[], null::timestamptz
              from revoked_key r
             where r.revocation_id = receipt_id and r.recreated_as is not null and (named is null or r.id = any (named))
             order by r.created_at, r.id limit 10000;
        return;
    end if;
    if listed.can_be > cardinality(key_ids) then
        return next recreated_outcome('many', null);
        return;
    end if;
    if (select a.balance from account a where a.id = account_id) < listed.credits then
        return next recreated_outcome('insufficient', null);
        return;
    end if;

    if listed.can_be > 0 then
        perform update_account(account_id, credits => -listed.credits, keys_changed => false, block_seconds => 0);
        with chosen as (
            select r.ctid as place, r.*, row_number() over (order by r.created_at, r.id) as number
              from revoked_key r
             where r.revocation_id = receipt_id and (named is null or r.id = any (named))
               and r.recreated_as is null and r.allocated > r.used and (r.expires_at is null or r.expires_at > started_at)
        ), fresh as (
            select * from unnest(key_ids, secret_hashes) with ordinality as f (id, secret_hash, number)
        ), inserted as (
            insert into proxy_key (id, account_id, name, secret_hash, allocated, is_active, expires_at, model_whitelist, ip_whitelist)
            select f.id, account_id, c.name, f.secret_hash, c.allocated - c.used, c.is_active, c.expires_at, c.model_whitelist,
                   c.ip_whitelist
              from chosen c join fresh f using (number) order by number
        )
        update revoked_key r set recreated_as = f.id
          from chosen c join fresh f using (number)
         where r.ctid = c.place and r.recreated_as is null;
        get diagnostics made = row_count;
        if made <> listed.can_be then
            raise exception 'a key of the receipt was recreated by another transaction' using errcode = 'serialization_failure';
        end if;
    end if;
    return query select * from recreated_keys(account_id, receipt_id, key_ids, (listed.total - listed.can_be)::int);
end
$$;


--
-- Name: FUNCTION recreate_proxy_keys(account_id text, receipt_id uuid, named text[], key_ids text[], secret_hashes bytea[], bucket text, calls_per_minute integer, burst integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.recreate_proxy_keys(account_id text, receipt_id uuid, named text[], key_ids text[], secret_hashes bytea[], bucket text, calls_per_minute integer, burst integer) IS 'Makes deleted keys of a receipt of a locked account anew, each once, with what they had left and other secrets; all or none.';


--
-- Name: recreated_keys(text, uuid, text[], integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.recreated_keys(account_id text, receipt_id uuid, key_ids text[], keys_skipped integer) RETURNS SETOF public.recreated_key
    LANGUAGE plpgsql
    AS $$
#variable_conflict use_column
declare
    credits_allocated numeric;
    balance           numeric;
begin
    select coalesce(sum(r.allocated - r.used), 0.000000) into credits_allocated
      from revoked_key r where r.revocation_id = receipt_id and r.recreated_as = any (key_ids);
    select a.balance into balance from account a where a.id = recreated_keys.account_id;
    return query
        select 'recreated', null::int, recreated_keys.keys_skipped, credits_allocated, balance, r.id, r.recreated_as, r.name,
               r.allocated - r.used, r.is_active, r.expires_at, r.model_whitelist, r.ip_whitelist,
               coalesce(k.created_at, clock_timestamp())
          from revoked_key r
          left join proxy_key k on k.id = r.recreated_as
         where r.revocation_id = receipt_id and r.recreated_as = any (key_ids)
         order by r.created_at, r.id;
    if not found then
        return query select 'recreated', null::int, recreated_keys.keys_skipped, credits_allocated, balance, null, null, null,
                            null::numeric, null::boolean, null::timestamptz, null::text[], null::text[], null::timestamptz;
    end if;
end
$$;


--
-- Name: FUNCTION recreated_keys(account_id text, receipt_id uuid, key_ids text[], keys_skipped integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.recreated_keys(account_id text, receipt_id uuid, key_ids text[], keys_skipped integer) IS 'The keys of a receipt that were recreated with these identifiers.';


--
-- Name: recreated_outcome(text, interval); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.recreated_outcome(outcome text, wait interval) RETURNS public.recreated_key
    LANGUAGE plpgsql IMMUTABLE
    AS $$
declare
    result recreated_key;
begin
    result.outcome := outcome;
    result.retry_after := seconds_to_wait(wait);
    return result;
end
$$;


--
-- Name: FUNCTION recreated_outcome(outcome text, wait interval); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.recreated_outcome(outcome text, wait interval) IS 'A result without a key. Null for wait: no time to wait.';


--
-- Name: refuse_blocked_key(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.refuse_blocked_key() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
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


--
-- Name: refuse_burnt_secret(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.refuse_burnt_secret() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    SET enable_seqscan TO 'off'
    AS $$
declare
    place tid;
begin
    insert into burnt_secret (secret_hash) values (new.secret_hash) on conflict do nothing returning ctid into place;
    if not found then
        raise exception 'this secret has leaked: it cannot be used for a key' using errcode = 'PK008';
    end if;
    delete from burnt_secret b where b.ctid = place;
    return new;
end
$$;


--
-- Name: FUNCTION refuse_burnt_secret(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.refuse_burnt_secret() IS 'Refuses a key whose secret is burnt, and waits for alerts in flight that name it.';


--
-- Name: release_expired_holds(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.release_expired_holds() RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    SET enable_seqscan TO 'off'
    AS $$
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


--
-- Name: FUNCTION release_expired_holds(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.release_expired_holds() IS 'Settles at 0 up to 1,000 holds that were not settled in time and that nobody is busy with; returns how many. Repeat until 0.';


--
-- Name: release_holds(uuid[]); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.release_holds(holds uuid[]) RETURNS integer
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
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


--
-- Name: FUNCTION release_holds(holds uuid[]); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.release_holds(holds uuid[]) IS 'Settles holds at 0, in one go, but those that another transaction has locked. For release_expired_holds.';


--
-- Name: revoke_proxy_keys(uuid, text, text, text, text, bytea, text, text, text, timestamp with time zone, integer, integer, integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.revoke_proxy_keys(receipt_id uuid, account text, trigger text, operation text, target_id text, target_hash bytea, dedupe_key text, requested_by text, reason text, created_until timestamp with time zone, block_seconds integer, calls_per_minute integer, burst integer) RETURNS TABLE(outcome text, receipt uuid, keys_deleted integer, keys_spared integer, credits_returned numeric, balance_after numeric, revoked_at bigint, retry_after integer)
    LANGUAGE plpgsql
    AS $$
#variable_conflict use_column
declare
    earlier    revocation;
    done       revocation;
    started_at timestamptz := clock_timestamp(); -- now() is the transaction's start, before the wait for the lock
    interval_  interval;
    paid_until timestamptz;
    too_early  interval;
    target     proxy_key;
    first_made timestamptz := '-infinity';
    last_made  timestamptz := coalesce(created_until, 'infinity');
begin
    if operation not in ('all', 'expired', 'inactive', 'never_used', 'one') then
        raise exception 'unknown operation %', operation using errcode = 'invalid_parameter_value';
    end if;

    -- Has this been done already? Looked up before it is counted: a replay is free.
    select * into earlier from revocation r where r.id = receipt_id;
    if found then
        return query select 'revoked', earlier.id, earlier.keys_deleted, earlier.keys_spared, earlier.credits_returned, earlier.balance_after,
                            floor(extract(epoch from earlier.revoked_at))::bigint, null::int;
        return;
    end if;
    if dedupe_key is not null then
        select * into earlier from revocation r
         where r.account_id = account and r.trigger = revoke_proxy_keys.trigger
           and r.dedupe_key = revoke_proxy_keys.dedupe_key;
        if found then
            return query select case
                                    when earlier.operation <> revoke_proxy_keys.operation then 'reused'
                                    when earlier.operation <> 'one' then 'replayed'
                                    when earlier.target_fingerprint = sha256(uuid_send(earlier.id) || target_hash) then 'replayed'
                                    when exists (select from revoked_key k where k.revocation_id = earlier.id and k.id = target_id)
                                        then 'replayed'
                                    else 'reused'
                                end,
                                earlier.id, earlier.keys_deleted, earlier.keys_spared, earlier.credits_returned, earlier.balance_after,
                                floor(extract(epoch from earlier.revoked_at))::bigint, null::int;
            return;
        end if;
    end if;

    -- GCRA (ITU-T I.371) on the database's clock, so that it holds across all running copies of the function.
    if calls_per_minute > 0 then
        interval_ := interval '1 minute' / calls_per_minute;
        select greatest(case when operation = 'one' then a.remove_paid_until else a.delete_all_paid_until end, started_at)
               + interval_
          into strict paid_until from account a where a.id = account;
        too_early := paid_until - started_at - burst * interval_;
        if too_early > interval '0' then
            return query select 'limited', null::uuid, null::int, null::int, null::numeric, null::numeric, null::bigint,
                                ceil(extract(epoch from too_early))::int;
            return;
        end if;
    end if;

    if operation = 'one' then
        select * into target from proxy_key k where k.id = target_id or k.secret_hash = target_hash
         order by k.id = target_id desc limit 1;
        if target.account_id is distinct from account then
            update account a set remove_paid_until = coalesce(paid_until, a.remove_paid_until) where a.id = account;
            return query select case when target.id is null then 'unknown' else 'foreign' end,
                                null::uuid, null::int, null::int, null::numeric, null::numeric, null::bigint, null::int;
            return;
        end if;
        -- The index finds the key by its place in the account's order, also among a million.
        first_made := target.created_at;
        last_made := target.created_at;
    end if;

    -- Deleted rows are summed as they are deleted: a key that was just being spent is waited for and counted as it is then.
    with gone as (
        delete from proxy_key k
         where k.account_id = account
           and k.created_at between first_made and last_made
           and case
                   when revoke_proxy_keys.operation = 'one' then k.id = target.id
                   else proxy_key_selected(revoke_proxy_keys.operation, k.is_active, k.expires_at, k.used, started_at)
               end
        returning k.id, k.name, k.allocated, k.used, k.is_active, k.expires_at, k.model_whitelist, k.ip_whitelist,
                  k.created_at, k.last_used
    ), kept as (
        insert into revoked_key (revocation_id, id, name, allocated, used, is_active, expires_at, model_whitelist, ip_whitelist,
                                 created_at, last_used)
        select receipt_id, gone.* from gone
        returning allocated, used
    )
    select count(*), coalesce(sum(kept.allocated - kept.used), 0) into done.keys_deleted, done.credits_returned from kept;

    if created_until is not null then
        select count(*) into done.keys_spared from proxy_key k where k.account_id = account and k.created_at > created_until;
    end if;

    update account a
       set balance = a.balance + done.credits_returned,
           keys_version = a.keys_version + (done.keys_deleted > 0)::int,
           -- greatest() passes over null: a block is never shortened.
           new_keys_blocked_until = case when block_seconds > 0
                                         then greatest(a.new_keys_blocked_until,
                                                       clock_timestamp() + block_seconds * interval '1 second')
                                         else a.new_keys_blocked_until end,
           delete_all_paid_until = case when operation = 'one' then a.delete_all_paid_until
                                        else coalesce(paid_until, a.delete_all_paid_until) end,
           remove_paid_until = case when operation = 'one' then coalesce(paid_until, a.remove_paid_until)
                                    else a.remove_paid_until end
     where a.id = account
    returning a.balance into strict done.balance_after;

    insert into revocation (id, account_id, trigger, operation, target_fingerprint, dedupe_key, requested_by, reason,
                            keys_deleted, keys_spared, credits_returned, balance_after, revoked_at)
    values (receipt_id, account, revoke_proxy_keys.trigger, revoke_proxy_keys.operation,
            sha256(uuid_send(receipt_id) || target_hash), revoke_proxy_keys.dedupe_key,
            revoke_proxy_keys.requested_by, revoke_proxy_keys.reason,
            done.keys_deleted, coalesce(done.keys_spared, 0), done.credits_returned, done.balance_after, clock_timestamp())
    returning * into done;

    -- Delivered on commit only. The payload's names are the contract with every cache.
    if done.keys_deleted > 0 then
        perform pg_notify('proxy_keys_changed',
                          json_build_object('account_id', a.id, 'keys_version', a.keys_version)::text)
           from account a where a.id = account;
    end if;

    return query select 'revoked', done.id, done.keys_deleted, done.keys_spared, done.credits_returned, done.balance_after,
                        floor(extract(epoch from done.revoked_at))::bigint, null::int;
end
$$;


--
-- Name: FUNCTION revoke_proxy_keys(receipt_id uuid, account text, trigger text, operation text, target_id text, target_hash bytea, dedupe_key text, requested_by text, reason text, created_until timestamp with time zone, block_seconds integer, calls_per_minute integer, burst integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.revoke_proxy_keys(receipt_id uuid, account text, trigger text, operation text, target_id text, target_hash bytea, dedupe_key text, requested_by text, reason text, created_until timestamp with time zone, block_seconds integer, calls_per_minute integer, burst integer) IS 'Deletes the selected keys of a locked account, or one, credits what they had left, writes the receipt and tells the caches.';


--
-- Name: seconds_to_wait(interval); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.seconds_to_wait(wait interval) RETURNS integer
    LANGUAGE sql IMMUTABLE
    AS $$
select case when wait is not null then greatest(1, ceil(extract(epoch from wait)))::int end
$$;


--
-- Name: FUNCTION seconds_to_wait(wait interval); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.seconds_to_wait(wait interval) IS 'For Retry-After: whole seconds, one or more.';


--
-- Name: set_transaction_promises(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.set_transaction_promises() RETURNS void
    LANGUAGE plpgsql
    AS $$
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


--
-- Name: FUNCTION set_transaction_promises(); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.set_transaction_promises() IS 'Sets what a change relies on until the transaction ends: synchronous_commit and timeouts. Refuses any isolation but READ COMMITTED.';


--
-- Name: settle_hold(uuid, numeric); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.settle_hold(hold_id uuid, cost numeric) RETURNS numeric
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    SET enable_seqscan TO 'off'
    AS $$
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


--
-- Name: FUNCTION settle_hold(hold_id uuid, cost numeric); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.settle_hold(hold_id uuid, cost numeric) IS 'Says what a call really cost, 0 to what was held, and returns what was given back: to the key, or to the balance if the key is gone.';


--
-- Name: some_deleted_keys(uuid); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.some_deleted_keys(receipt_id uuid) RETURNS text[]
    LANGUAGE plpgsql STABLE
    SET enable_seqscan TO 'off'
    AS $$
begin
    return array(select k.id from revoked_key k where k.revocation_id = receipt_id order by k.created_at, k.id limit 100);
end
$$;


--
-- Name: FUNCTION some_deleted_keys(receipt_id uuid); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.some_deleted_keys(receipt_id uuid) IS 'The identifiers of up to 100 keys of a receipt, the oldest key first. For the log.';


--
-- Name: spend_credits(bytea, numeric); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.spend_credits(secret_hash bytea, cost numeric) RETURNS numeric
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
declare
    remaining numeric;
    refused   proxy_key;
begin
    -- "cost > 0" alone lets NaN and infinity through: both are greater than any number.
    if cost is null or cost <= 0 or cost >= 'Infinity' or cost <> round(cost, 6) then
        raise exception 'the cost must be a finite amount above zero with at most six decimals'
            using errcode = 'numeric_value_out_of_range';
    end if;

    -- One statement decides and spends. If it had to wait for another spend, PostgreSQL checks the conditions again on
    -- the row as it is then; if it had to wait for a deletion, there is no row.
    update proxy_key k
       set used = k.used + spend_credits.cost,
           last_used = clock_timestamp()
     where k.secret_hash = spend_credits.secret_hash
       and k.is_active
       and (k.expires_at is null or k.expires_at > clock_timestamp())
       and k.allocated - k.used >= spend_credits.cost
    returning k.allocated - k.used into remaining;
    if found then
        return remaining;
    end if;

    -- Nothing was spent; only the message depends on what is read here.
    select * into refused from proxy_key k where k.secret_hash = spend_credits.secret_hash;
    if not found then
        raise exception 'no such proxy key' using errcode = 'PK001';
    elsif not refused.is_active then
        raise exception 'the proxy key is disabled' using errcode = 'PK002';
    elsif refused.expires_at <= clock_timestamp() then
        raise exception 'the proxy key has expired' using errcode = 'PK003';
    else
        raise exception 'the proxy key has too few credits left' using errcode = 'PK004';
    end if;
end
$$;


--
-- Name: FUNCTION spend_credits(secret_hash bytea, cost numeric); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.spend_credits(secret_hash bytea, cost numeric) IS 'Spends credits of one key and returns what it has left. A transaction spends on one key, or locks the account row first.';


--
-- Name: switch_proxy_key(text, text, bytea, boolean); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.switch_proxy_key(account_id text, target_id text, target_hash bytea, wanted boolean) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
declare
    target  proxy_key;
    enabled boolean;
begin
    select * into target from find_proxy_key(target_id, target_hash);
    if target.account_id is distinct from account_id then
        return case when target.id is null then 'unknown' else 'foreign' end;
    end if;

    enabled := coalesce(wanted, not target.is_active);
    if enabled <> target.is_active then
        update proxy_key k set is_active = enabled where k.id = target.id;
        perform update_account(account_id, credits => 0, keys_changed => true, block_seconds => 0);
    end if;
    return case when enabled then 'enabled' else 'disabled' end;
end
$$;


--
-- Name: FUNCTION switch_proxy_key(account_id text, target_id text, target_hash bytea, wanted boolean); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.switch_proxy_key(account_id text, target_id text, target_hash bytea, wanted boolean) IS 'Enables or disables one key of a locked account and tells the caches. Moves no credits.';


--
-- Name: switch_proxy_key(text, text, bytea, boolean, boolean); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.switch_proxy_key(account_id text, target_id text, target_hash bytea, wanted boolean, heed_block boolean) RETURNS public.key_switch
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
declare
    target proxy_key;
    wait   interval;
begin
    select * into target from find_proxy_key(target_id, target_hash);
    if heed_block and target.account_id = account_id and not target.is_active and wanted is distinct from false then
        wait := block_left(account_id);
        if wait is not null then
            return row ('blocked', seconds_to_wait(wait))::key_switch;
        end if;
    end if;
    return row (switch_proxy_key(account_id, target_id, target_hash, wanted), null)::key_switch;
end
$$;


--
-- Name: FUNCTION switch_proxy_key(account_id text, target_id text, target_hash bytea, wanted boolean, heed_block boolean); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.switch_proxy_key(account_id text, target_id text, target_hash bytea, wanted boolean, heed_block boolean) IS 'Enables or disables one key of a locked account and tells the caches; enables none during a block. Moves no credits.';


--
-- Name: take_token(text, text, integer, integer, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.take_token(account_id text, bucket text, calls_per_minute integer, burst integer, at timestamp with time zone) RETURNS interval
    LANGUAGE plpgsql
    AS $$
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


--
-- Name: FUNCTION take_token(account_id text, bucket text, calls_per_minute integer, burst integer, at timestamp with time zone); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.take_token(account_id text, bucket text, calls_per_minute integer, burst integer, at timestamp with time zone) IS 'Counts a call against one of the account''s limits and returns 0; or counts nothing and returns how long to wait.';


--
-- Name: time_of_creation(text, text, bytea); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.time_of_creation(account_id text, key_id text, secret_hash bytea) RETURNS timestamp with time zone
    LANGUAGE plpgsql
    SET enable_seqscan TO 'off'
    AS $$
declare
    recently   timestamptz := clock_timestamp() - interval '1 minute';
    created_at timestamptz;
begin
    select k.created_at into created_at from proxy_key k
     where k.secret_hash = time_of_creation.secret_hash and k.id = key_id and k.account_id = time_of_creation.account_id;
    if not found then
        select k.created_at into created_at
          from revocation r
          join revoked_key k on k.revocation_id = r.id and k.created_at > recently and k.id = key_id
         where r.account_id = time_of_creation.account_id and r.revoked_at > recently
         limit 1;
    end if;
    return created_at;
end
$$;


--
-- Name: FUNCTION time_of_creation(account_id text, key_id text, secret_hash bytea); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.time_of_creation(account_id text, key_id text, secret_hash bytea) IS 'When an earlier attempt of the same call created this key; null: none did.';


--
-- Name: toggle_proxy_key(text, text, bytea, boolean); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.toggle_proxy_key(account text, target_id text, target_hash bytea, wanted boolean) RETURNS TABLE(outcome text, status boolean)
    LANGUAGE plpgsql
    AS $$
declare
    target  proxy_key;
    desired boolean;
begin
    select * into target from proxy_key k where k.id = target_id or k.secret_hash = target_hash
     order by k.id = target_id desc limit 1;
    if target.account_id is distinct from account then
        return query select case when target.id is null then 'unknown' else 'foreign' end, null::boolean;
        return;
    end if;

    desired := coalesce(wanted, not target.is_active);
    if desired <> target.is_active then
        update proxy_key k set is_active = desired where k.id = target.id;
        update account a set keys_version = a.keys_version + 1 where a.id = account;
        perform pg_notify('proxy_keys_changed',
                          json_build_object('account_id', a.id, 'keys_version', a.keys_version)::text)
           from account a where a.id = account;
    end if;
    return query select 'toggled', desired;
end
$$;


--
-- Name: FUNCTION toggle_proxy_key(account text, target_id text, target_hash bytea, wanted boolean); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.toggle_proxy_key(account text, target_id text, target_hash bytea, wanted boolean) IS 'Enables or disables one key of a locked account and tells the caches. Moves no credits.';


--
-- Name: top_up(text, numeric, text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.top_up(account_id text, amount numeric, reference text) RETURNS numeric
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
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


--
-- Name: FUNCTION top_up(account_id text, amount numeric, reference text); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.top_up(account_id text, amount numeric, reference text) IS 'Adds credits to a balance, once for each account and reference, and returns the balance. Commit at once.';


--
-- Name: update_account(text, numeric, boolean, integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.update_account(account_id text, credits numeric, keys_changed boolean, block_seconds integer) RETURNS numeric
    LANGUAGE plpgsql
    AS $$
declare
    new_balance numeric;
    announced   text;
begin
    update account a
       set balance = a.balance + credits,
           keys_version = a.keys_version + keys_changed::int,
           new_keys_blocked_until = case when block_seconds > 0
                                         then greatest(a.new_keys_blocked_until,
                                                       clock_timestamp() + block_seconds * interval '1 second')
                                         else a.new_keys_blocked_until end
     where a.id = update_account.account_id
    returning a.balance, case when keys_changed then announce_key_change(a.id, a.keys_version) end
      into strict new_balance, announced;
    return new_balance;
end
$$;


--
-- Name: FUNCTION update_account(account_id text, credits numeric, keys_changed boolean, block_seconds integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.update_account(account_id text, credits numeric, keys_changed boolean, block_seconds integer) IS 'Gives credits to the balance and returns it; if keys changed, raises the version and tells the caches; blocks new keys for some seconds, if any. Fails if there is no such account.';


--
-- Name: update_proxy_key(text, text, bytea, text, numeric, timestamp with time zone, text[], text[], text, integer, integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.update_proxy_key(account_id text, target_id text, target_hash bytea, name text, allocated numeric, expires_at timestamp with time zone, model_whitelist text[], ip_whitelist text[], bucket text, calls_per_minute integer, burst integer) RETURNS public.key_change
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
#variable_conflict use_variable
declare
    started_at    timestamptz := clock_timestamp();
    wait          interval;
    target        proxy_key;
    expiry_before timestamptz;
    credits       numeric;
    balance       numeric;
begin
    -- NaN and infinity are greater than any number.
    if allocated <= 0 or allocated >= 1e14 or allocated <> round(allocated, 6) then
        raise exception 'the allocation must be an amount above zero, below 10^14, with at most six decimals'
            using errcode = 'numeric_value_out_of_range';
    end if;

    if calls_per_minute > 0 then
        wait := take_token(account_id, bucket, calls_per_minute, burst, started_at);
        if wait > interval '0' then
            return row ('limited', seconds_to_wait(wait), null)::key_change;
        end if;
    end if;
    select * into target from find_proxy_key(target_id, target_hash);
    if target.account_id is distinct from account_id then
        return row (case when target.id is null then 'unknown' else 'foreign' end, null, null)::key_change;
    end if;

    -- Who locked the account sees all of the key but used and last_used as it is when we commit.
    expiry_before := coalesce(target.expires_at, 'infinity');
    -- Callers know whole seconds.
    if date_trunc('second', expiry_before) = expires_at then
        expires_at := expiry_before;
    elsif expires_at <= started_at then
        return row ('past', null, null)::key_change;
    end if;
    expires_at := coalesce(expires_at, expiry_before);
    model_whitelist := coalesce(model_whitelist, target.model_whitelist);
    ip_whitelist := coalesce(ip_whitelist, target.ip_whitelist);
    credits := coalesce(allocated, target.allocated) - target.allocated;

    wait := block_left(account_id);
    if wait is not null and (credits > 0 or expires_at > expiry_before or widens_whitelist(target.model_whitelist, model_whitelist)
                             or widens_ip_whitelist(target.ip_whitelist, ip_whitelist)) then
        return row ('blocked', seconds_to_wait(wait), null)::key_change;
    end if;
    select a.balance into balance from account a where a.id = account_id;
    if balance < credits then
        return row ('insufficient', null, null)::key_change;
    end if;

    -- Whoever spends or holds with the key may be under way: PostgreSQL checks the condition on what is used when they are done.
    update proxy_key k
       set name = coalesce(name, target.name),
           allocated = target.allocated + credits,
           expires_at = nullif(expires_at, 'infinity'),
           model_whitelist = model_whitelist,
           ip_whitelist = ip_whitelist
     where k.id = target.id and k.used <= target.allocated + credits;
    if not found then
        return row ('used', null, null)::key_change;
    end if;
    perform update_account(account_id, credits => -credits, keys_changed => true, block_seconds => 0);
    return row ('updated', null, target.id)::key_change;
end
$$;


--
-- Name: FUNCTION update_proxy_key(account_id text, target_id text, target_hash bytea, name text, allocated numeric, expires_at timestamp with time zone, model_whitelist text[], ip_whitelist text[], bucket text, calls_per_minute integer, burst integer); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.update_proxy_key(account_id text, target_id text, target_hash bytea, name text, allocated numeric, expires_at timestamp with time zone, model_whitelist text[], ip_whitelist text[], bucket text, calls_per_minute integer, burst integer) IS 'Changes the settings of one key of a locked account, moves the difference of its allocation and tells the caches.';


--
-- Name: widens_ip_whitelist(text[], text[]); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.widens_ip_whitelist(before text[], after text[]) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE
    AS $$
declare
    entries inet[];
begin
    if not widens_whitelist(before, after) then
        return false;
    elsif cardinality(after) = 0 then
        return true;
    end if;
    entries := array(select as_inet(entry) from unnest(before) entry where as_inet(entry) is not null);
    return exists (select from unnest(after) entry
                    where not exists (select from unnest(before) earlier where earlier = entry)
                      and not ip_covered(as_inet(entry), entries));
end
$$;


--
-- Name: FUNCTION widens_ip_whitelist(before text[], after text[]); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.widens_ip_whitelist(before text[], after text[]) IS 'The same for addresses and CIDR blocks: an entry that those before it cover adds nothing.';


--
-- Name: widens_whitelist(text[], text[]); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.widens_whitelist(before text[], after text[]) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE
    AS $$
begin
    return cardinality(before) > 0
       and (cardinality(after) = 0 or exists (select from unnest(after) entry
                                            where not exists (select from unnest(before) earlier where earlier = entry)));
end
$$;


--
-- Name: FUNCTION widens_whitelist(before text[], after text[]); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.widens_whitelist(before text[], after text[]) IS 'Whether a list lets through what the one before it did not. An empty list lets everything through.';


--
-- Name: write_alert_receipt(uuid, text, text, text, text, text, text, text, integer, integer, integer, numeric, numeric); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.write_alert_receipt(receipt_id uuid, account_id text, operation text, dedupe_key text, requested_by text, reported_by text, reason text, url text, block_seconds integer, keys_deleted integer, keys_spared integer, credits_returned numeric, balance_after numeric) RETURNS timestamp with time zone
    LANGUAGE plpgsql
    AS $$
declare
    revoked_at timestamptz := clock_timestamp();
begin
    insert into revocation (id, account_id, trigger, operation, dedupe_key, requested_by, reported_by, reason, url,
                            block_seconds, keys_deleted, keys_spared, credits_returned, balance_after, revoked_at)
    values (receipt_id, account_id, 'alert', operation, dedupe_key, requested_by, reported_by, reason, url,
            block_seconds, keys_deleted, keys_spared, credits_returned, balance_after, revoked_at);
    return revoked_at;
end
$$;


--
-- Name: FUNCTION write_alert_receipt(receipt_id uuid, account_id text, operation text, dedupe_key text, requested_by text, reported_by text, reason text, url text, block_seconds integer, keys_deleted integer, keys_spared integer, credits_returned numeric, balance_after numeric); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.write_alert_receipt(receipt_id uuid, account_id text, operation text, dedupe_key text, requested_by text, reported_by text, reason text, url text, block_seconds integer, keys_deleted integer, keys_spared integer, credits_returned numeric, balance_after numeric) IS 'Writes the receipt of an alert and returns its time.';


--
-- Name: write_receipt(uuid, text, text, text, bytea, text, text, text, integer, integer, numeric, numeric); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.write_receipt(receipt_id uuid, account_id text, trigger text, operation text, target_hash bytea, dedupe_key text, requested_by text, reason text, keys_deleted integer, keys_spared integer, credits_returned numeric, balance_after numeric) RETURNS timestamp with time zone
    LANGUAGE plpgsql
    AS $$
declare
    revoked_at timestamptz := clock_timestamp();
begin
    insert into revocation (id, account_id, trigger, operation, target_fingerprint, dedupe_key, requested_by, reason,
                            keys_deleted, keys_spared, credits_returned, balance_after, revoked_at)
    values (receipt_id, account_id, trigger, operation, sha256(uuid_send(receipt_id) || target_hash), dedupe_key, requested_by, reason,
            keys_deleted, keys_spared, credits_returned, balance_after, revoked_at);
    return revoked_at;
end
$$;


--
-- Name: FUNCTION write_receipt(receipt_id uuid, account_id text, trigger text, operation text, target_hash bytea, dedupe_key text, requested_by text, reason text, keys_deleted integer, keys_spared integer, credits_returned numeric, balance_after numeric); Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON FUNCTION public.write_receipt(receipt_id uuid, account_id text, trigger text, operation text, target_hash bytea, dedupe_key text, requested_by text, reason text, keys_deleted integer, keys_spared integer, credits_returned numeric, balance_after numeric) IS 'Writes the receipt and returns its time.';


--
-- Name: account; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.account (
    id text NOT NULL,
    balance numeric(26,6) DEFAULT 0 NOT NULL,
    keys_version bigint DEFAULT 0 NOT NULL,
    new_keys_blocked_until timestamp with time zone,
    delete_all_paid_until timestamp with time zone,
    remove_paid_until timestamp with time zone,
    CONSTRAINT account_balance_not_negative CHECK (((balance >= (0)::numeric) AND (balance <> 'NaN'::numeric))),
    CONSTRAINT account_id_length CHECK (((char_length(id) >= 1) AND (char_length(id) <= 255))),
    CONSTRAINT account_limits_finite CHECK ((isfinite(delete_all_paid_until) AND isfinite(remove_paid_until)))
);


--
-- Name: TABLE account; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.account IS 'Who owns proxy keys and the credits they were cut from.';


--
-- Name: COLUMN account.balance; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.account.balance IS 'Credits not in any key.';


--
-- Name: COLUMN account.keys_version; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.account.keys_version IS 'Raised by every transaction that deletes keys or changes is_active. A cache of keys with another version is stale.';


--
-- Name: COLUMN account.new_keys_blocked_until; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.account.new_keys_blocked_until IS 'create_proxy_key refuses until then.';


--
-- Name: COLUMN account.delete_all_paid_until; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.account.delete_all_paid_until IS 'Rate limit of delete-all, the "theoretical arrival time" of GCRA: each call pays one interval in advance.';


--
-- Name: COLUMN account.remove_paid_until; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.account.remove_paid_until IS 'The same for removing one key.';


--
-- Name: account_top_up; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.account_top_up (
    account_id text NOT NULL,
    reference text NOT NULL,
    amount numeric(26,6) NOT NULL,
    topped_up_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT account_top_up_amount CHECK (((amount > (0)::numeric) AND (amount <> 'NaN'::numeric))),
    CONSTRAINT account_top_up_reference_length CHECK (((char_length(reference) >= 1) AND (char_length(reference) <= 255))),
    CONSTRAINT account_top_up_time_finite CHECK (isfinite(topped_up_at))
);


--
-- Name: TABLE account_top_up; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.account_top_up IS 'Credits that came from outside: one row for each reference, kept for ever, so that each counts once.';


--
-- Name: COLUMN account_top_up.account_id; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.account_top_up.account_id IS 'By value: it outlives the account.';


--
-- Name: COLUMN account_top_up.reference; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.account_top_up.reference IS 'Chosen by the platform, such as the number of an invoice.';


--
-- Name: burnt_secret; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.burnt_secret (
    secret_hash bytea NOT NULL,
    account_id text,
    key_id text,
    burnt_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT burnt_secret_of_a_key CHECK (((account_id IS NULL) = (key_id IS NULL))),
    CONSTRAINT burnt_secret_time_finite CHECK (isfinite(burnt_at))
);


--
-- Name: TABLE burnt_secret; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.burnt_secret IS 'Secrets that an alert named. No key can be created with one of them (PK008).';


--
-- Name: COLUMN burnt_secret.secret_hash; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.burnt_secret.secret_hash IS 'SHA-256 of the full secret, as in proxy_key.';


--
-- Name: COLUMN burnt_secret.account_id; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.burnt_secret.account_id IS 'Whose key had it. By value: it outlives the account.';


--
-- Name: COLUMN burnt_secret.key_id; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.burnt_secret.key_id IS 'Which key had it. Null: none, as far as is known; then the row is kept 90 days, otherwise for ever.';


--
-- Name: COLUMN burnt_secret.burnt_at; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.burnt_secret.burnt_at IS 'When an alert named it last.';


--
-- Name: credit_hold; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.credit_hold (
    id uuid NOT NULL,
    account_id text NOT NULL,
    key_id text NOT NULL,
    amount numeric(20,6) NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    settled numeric(20,6),
    settled_at timestamp with time zone,
    key_created_at timestamp with time zone,
    revocation_id uuid,
    CONSTRAINT credit_hold_amount CHECK (((amount > (0)::numeric) AND (amount <> 'NaN'::numeric))),
    CONSTRAINT credit_hold_settled_at_a_time CHECK (((settled IS NULL) = (settled_at IS NULL))),
    CONSTRAINT credit_hold_settled_within_amount CHECK (((settled >= (0)::numeric) AND (settled <= amount))),
    CONSTRAINT credit_hold_times_finite CHECK ((isfinite(expires_at) AND isfinite(settled_at)))
)
WITH (fillfactor='80');


--
-- Name: TABLE credit_hold; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.credit_hold IS 'Credits set aside for a call in flight. Refers to account and key by value: it outlives both.';


--
-- Name: COLUMN credit_hold.amount; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.credit_hold.amount IS 'The most that the call can cost. Part of the key''s used until it is settled.';


--
-- Name: COLUMN credit_hold.expires_at; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.credit_hold.expires_at IS 'From then on release_expired_holds may settle it at 0. Until it does, the hold counts.';


--
-- Name: COLUMN credit_hold.settled; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.credit_hold.settled IS 'What the call cost; the rest was given back. Null: not settled yet.';


--
-- Name: COLUMN credit_hold.key_created_at; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.credit_hold.key_created_at IS 'With it the key''s row in its receipt is found by the index, also among a million.';


--
-- Name: COLUMN credit_hold.revocation_id; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.credit_hold.revocation_id IS 'The receipt of the key''s deletion, if that found the hold open.';


--
-- Name: rate_limit; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.rate_limit (
    account_id text NOT NULL,
    bucket text NOT NULL,
    paid_until timestamp with time zone NOT NULL,
    CONSTRAINT rate_limit_finite CHECK (isfinite(paid_until))
);


--
-- Name: TABLE rate_limit; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.rate_limit IS 'How far each of an account''s limits is used up. A row whose time has passed means the same as no row.';


--
-- Name: COLUMN rate_limit.account_id; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.rate_limit.account_id IS 'By value: the function locks the account before it writes here.';


--
-- Name: COLUMN rate_limit.bucket; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.rate_limit.bucket IS 'Which limit: delete-all, remove. Operations with the same bucket share its tokens.';


--
-- Name: COLUMN rate_limit.paid_until; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.rate_limit.paid_until IS 'The "theoretical arrival time" of GCRA: each call pays one interval in advance.';


--
-- Name: revoked_key; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.revoked_key (
    revocation_id uuid NOT NULL,
    id text NOT NULL,
    name text,
    allocated numeric(20,6) NOT NULL,
    used numeric(20,6) NOT NULL,
    is_active boolean NOT NULL,
    expires_at timestamp with time zone,
    model_whitelist text[] NOT NULL,
    ip_whitelist text[] NOT NULL,
    created_at timestamp with time zone NOT NULL,
    last_used timestamp with time zone,
    held numeric(20,6) DEFAULT 0 NOT NULL,
    recreated_as text,
    CONSTRAINT revoked_key_amounts CHECK (((allocated >= used) AND (used >= (0)::numeric) AND (allocated <> 'NaN'::numeric))),
    CONSTRAINT revoked_key_created_at_told CHECK (((created_at >= '0001-01-01 00:00:00+00'::timestamp with time zone) AND (created_at < '10000-01-01 00:00:00+00'::timestamp with time zone))),
    CONSTRAINT revoked_key_expires_at_told CHECK (((expires_at >= '0001-01-01 00:00:00+00'::timestamp with time zone) AND (expires_at < '10000-01-01 00:00:00+00'::timestamp with time zone))),
    CONSTRAINT revoked_key_held_within_used CHECK (((held >= (0)::numeric) AND (held <= used))),
    CONSTRAINT revoked_key_last_used_told CHECK (((last_used >= '0001-01-01 00:00:00+00'::timestamp with time zone) AND (last_used < '10000-01-01 00:00:00+00'::timestamp with time zone))),
    CONSTRAINT revoked_key_whitelists_flat CHECK (((COALESCE(array_ndims(model_whitelist), 1) = 1) AND (COALESCE(array_ndims(ip_whitelist), 1) = 1)))
);


--
-- Name: TABLE revoked_key; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.revoked_key IS 'The settings of each deleted key as they were.';


--
-- Name: COLUMN revoked_key.held; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.revoked_key.held IS 'The part of used that was on hold for calls in flight when the key was deleted.';


--
-- Name: COLUMN revoked_key.recreated_as; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.revoked_key.recreated_as IS 'The identifier of the key that replaces it. Null: it was not recreated.';


--
-- Name: account account_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.account
    ADD CONSTRAINT account_pkey PRIMARY KEY (id);


--
-- Name: account_top_up account_top_up_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.account_top_up
    ADD CONSTRAINT account_top_up_pkey PRIMARY KEY (account_id, reference);


--
-- Name: burnt_secret burnt_secret_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.burnt_secret
    ADD CONSTRAINT burnt_secret_pkey PRIMARY KEY (secret_hash);


--
-- Name: credit_hold credit_hold_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.credit_hold
    ADD CONSTRAINT credit_hold_pkey PRIMARY KEY (id);


--
-- Name: proxy_key proxy_key_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.proxy_key
    ADD CONSTRAINT proxy_key_pkey PRIMARY KEY (id);


--
-- Name: proxy_key proxy_key_secret_hash_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.proxy_key
    ADD CONSTRAINT proxy_key_secret_hash_key UNIQUE (secret_hash);


--
-- Name: rate_limit rate_limit_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.rate_limit
    ADD CONSTRAINT rate_limit_pkey PRIMARY KEY (account_id, bucket);


--
-- Name: revocation revocation_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.revocation
    ADD CONSTRAINT revocation_pkey PRIMARY KEY (id);


--
-- Name: burnt_secret_by_age; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX burnt_secret_by_age ON public.burnt_secret USING btree (burnt_at) WHERE (key_id IS NULL);


--
-- Name: burnt_secret_of_key; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX burnt_secret_of_key ON public.burnt_secret USING btree (key_id) WHERE (key_id IS NOT NULL);


--
-- Name: credit_hold_by_age; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX credit_hold_by_age ON public.credit_hold USING btree (settled_at) WHERE (settled IS NOT NULL);


--
-- Name: credit_hold_by_expiry; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX credit_hold_by_expiry ON public.credit_hold USING btree (expires_at, id) WHERE (settled IS NULL);


--
-- Name: credit_hold_of_account; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX credit_hold_of_account ON public.credit_hold USING btree (account_id) WHERE (settled IS NULL);


--
-- Name: proxy_key_of_account; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX proxy_key_of_account ON public.proxy_key USING btree (account_id, created_at, id);


--
-- Name: revocation_by_age; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX revocation_by_age ON public.revocation USING btree (revoked_at);


--
-- Name: revocation_in_order; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX revocation_in_order ON public.revocation USING btree (transaction_id, id);


--
-- Name: revocation_of_account; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX revocation_of_account ON public.revocation USING btree (account_id, revoked_at DESC, id DESC);


--
-- Name: revocation_of_alert; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX revocation_of_alert ON public.revocation USING btree (dedupe_key) WHERE (trigger = 'alert'::text);


--
-- Name: revocation_once; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX revocation_once ON public.revocation USING btree (account_id, trigger, dedupe_key) WHERE (dedupe_key IS NOT NULL);


--
-- Name: revoked_key_of_revocation; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX revoked_key_of_revocation ON public.revoked_key USING btree (revocation_id, created_at, id);


--
-- Name: proxy_key refuse_blocked_key; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER refuse_blocked_key BEFORE INSERT ON public.proxy_key FOR EACH ROW EXECUTE FUNCTION public.refuse_blocked_key();


--
-- Name: proxy_key refuse_burnt_secret; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER refuse_burnt_secret BEFORE INSERT ON public.proxy_key FOR EACH ROW EXECUTE FUNCTION public.refuse_burnt_secret();


--
-- Name: proxy_key proxy_key_account_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.proxy_key
    ADD CONSTRAINT proxy_key_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.account(id);


--
-- Name: TABLE revocation; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.revocation TO proxy_keys_function;


--
-- Name: FUNCTION alert_result_of(outcome text, done public.revocation); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.alert_result_of(outcome text, done public.revocation) FROM PUBLIC;


--
-- Name: FUNCTION announce_key_change(account_id text, keys_version bigint); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.announce_key_change(account_id text, keys_version bigint) FROM PUBLIC;


--
-- Name: FUNCTION as_inet(text text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.as_inet(text text) FROM PUBLIC;


--
-- Name: FUNCTION block_left(account_id text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.block_left(account_id text) FROM PUBLIC;


--
-- Name: FUNCTION burn_secret(secret_hash bytea, account_id text, key_id text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.burn_secret(secret_hash bytea, account_id text, key_id text) FROM PUBLIC;


--
-- Name: FUNCTION carry_out_alert(receipt_id uuid, account_id text, seen_key_id text, key_id text, secret_hash bytea, stated_account text, whole_account boolean, dedupe_key text, requested_by text, reported_by text, reason text, url text, created_until timestamp with time zone, block_seconds integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.carry_out_alert(receipt_id uuid, account_id text, seen_key_id text, key_id text, secret_hash bytea, stated_account text, whole_account boolean, dedupe_key text, requested_by text, reported_by text, reason text, url text, created_until timestamp with time zone, block_seconds integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.carry_out_alert(receipt_id uuid, account_id text, seen_key_id text, key_id text, secret_hash bytea, stated_account text, whole_account boolean, dedupe_key text, requested_by text, reported_by text, reason text, url text, created_until timestamp with time zone, block_seconds integer) TO proxy_keys_function;


--
-- Name: FUNCTION carry_out_revocation(receipt_id uuid, account_id text, operation text, target_id text, target_hash bytea, dedupe_key text, requested_by text, block_seconds integer, bucket text, calls_per_minute integer, burst integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.carry_out_revocation(receipt_id uuid, account_id text, operation text, target_id text, target_hash bytea, dedupe_key text, requested_by text, block_seconds integer, bucket text, calls_per_minute integer, burst integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.carry_out_revocation(receipt_id uuid, account_id text, operation text, target_id text, target_hash bytea, dedupe_key text, requested_by text, block_seconds integer, bucket text, calls_per_minute integer, burst integer) TO proxy_keys_function;


--
-- Name: FUNCTION carry_out_revocation(receipt_id uuid, account_id text, trigger text, operation text, target_id text, target_hash bytea, dedupe_key text, requested_by text, reason text, created_until timestamp with time zone, block_seconds integer, bucket text, calls_per_minute integer, burst integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.carry_out_revocation(receipt_id uuid, account_id text, trigger text, operation text, target_id text, target_hash bytea, dedupe_key text, requested_by text, reason text, created_until timestamp with time zone, block_seconds integer, bucket text, calls_per_minute integer, burst integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.carry_out_revocation(receipt_id uuid, account_id text, trigger text, operation text, target_id text, target_hash bytea, dedupe_key text, requested_by text, reason text, created_until timestamp with time zone, block_seconds integer, bucket text, calls_per_minute integer, burst integer) TO proxy_keys_function;


--
-- Name: FUNCTION count_newer_keys(account_id text, created_until timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.count_newer_keys(account_id text, created_until timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION create_account(account_id text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.create_account(account_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.create_account(account_id text) TO proxy_keys_billing;


--
-- Name: FUNCTION create_proxy_key(account_id text, name text, secret_hash bytea, allocated numeric, expires_at timestamp with time zone, model_whitelist text[], ip_whitelist text[]); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.create_proxy_key(account_id text, name text, secret_hash bytea, allocated numeric, expires_at timestamp with time zone, model_whitelist text[], ip_whitelist text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION public.create_proxy_key(account_id text, name text, secret_hash bytea, allocated numeric, expires_at timestamp with time zone, model_whitelist text[], ip_whitelist text[]) TO proxy_keys_data_plane;


--
-- Name: FUNCTION create_proxy_key(account_id text, name text, secret_hash bytea, allocated numeric, expires_at timestamp with time zone, model_whitelist text[], ip_whitelist text[], key_id text, bucket text, calls_per_minute integer, burst integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.create_proxy_key(account_id text, name text, secret_hash bytea, allocated numeric, expires_at timestamp with time zone, model_whitelist text[], ip_whitelist text[], key_id text, bucket text, calls_per_minute integer, burst integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.create_proxy_key(account_id text, name text, secret_hash bytea, allocated numeric, expires_at timestamp with time zone, model_whitelist text[], ip_whitelist text[], key_id text, bucket text, calls_per_minute integer, burst integer) TO proxy_keys_function;


--
-- Name: FUNCTION delete_proxy_keys(receipt_id uuid, account_id text, operation text, key_id text, first_made timestamp with time zone, last_made timestamp with time zone, at timestamp with time zone, OUT keys_deleted integer, OUT credits_returned numeric); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.delete_proxy_keys(receipt_id uuid, account_id text, operation text, key_id text, first_made timestamp with time zone, last_made timestamp with time zone, at timestamp with time zone, OUT keys_deleted integer, OUT credits_returned numeric) FROM PUBLIC;


--
-- Name: FUNCTION earlier_revocation(receipt_id uuid, account_id text, trigger text, dedupe_key text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.earlier_revocation(receipt_id uuid, account_id text, trigger text, dedupe_key text) FROM PUBLIC;


--
-- Name: TABLE proxy_key; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,DELETE ON TABLE public.proxy_key TO proxy_keys_function;
GRANT SELECT ON TABLE public.proxy_key TO proxy_keys_data_plane;


--
-- Name: COLUMN proxy_key.is_active; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(is_active) ON TABLE public.proxy_key TO proxy_keys_function;


--
-- Name: FUNCTION find_proxy_key(target_id text, target_hash bytea); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.find_proxy_key(target_id text, target_hash bytea) FROM PUBLIC;


--
-- Name: FUNCTION hold_credits(secret_hash bytea, amount numeric, seconds integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.hold_credits(secret_hash bytea, amount numeric, seconds integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.hold_credits(secret_hash bytea, amount numeric, seconds integer) TO proxy_keys_data_plane;


--
-- Name: FUNCTION ip_covered(block inet, entries inet[]); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.ip_covered(block inet, entries inet[]) FROM PUBLIC;


--
-- Name: FUNCTION is_repeat(earlier public.revocation, operation text, target_id text, target_hash bytea); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.is_repeat(earlier public.revocation, operation text, target_id text, target_hash bytea) FROM PUBLIC;


--
-- Name: FUNCTION lock_account(account_id text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.lock_account(account_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.lock_account(account_id text) TO proxy_keys_data_plane;


--
-- Name: FUNCTION lock_account_for_change(account text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.lock_account_for_change(account text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.lock_account_for_change(account text) TO proxy_keys_function;


--
-- Name: FUNCTION lock_account_of_key(key_id text, secret_hash bytea, whole_account boolean, stated_account text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.lock_account_of_key(key_id text, secret_hash bytea, whole_account boolean, stated_account text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.lock_account_of_key(key_id text, secret_hash bytea, whole_account boolean, stated_account text) TO proxy_keys_function;


--
-- Name: FUNCTION look_up_proxy_key(account_id text, target_id text, target_hash bytea, bucket text, calls_per_minute integer, burst integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.look_up_proxy_key(account_id text, target_id text, target_hash bytea, bucket text, calls_per_minute integer, burst integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.look_up_proxy_key(account_id text, target_id text, target_hash bytea, bucket text, calls_per_minute integer, burst integer) TO proxy_keys_function;


--
-- Name: FUNCTION note_holds(receipt_id uuid, account_id text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.note_holds(receipt_id uuid, account_id text) FROM PUBLIC;


--
-- Name: FUNCTION owner_in_receipts(key_id text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.owner_in_receipts(key_id text) FROM PUBLIC;


--
-- Name: FUNCTION purge_receipts(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.purge_receipts() FROM PUBLIC;
GRANT ALL ON FUNCTION public.purge_receipts() TO proxy_keys_function;


--
-- Name: FUNCTION recreate_proxy_keys(account_id text, receipt_id uuid, named text[], key_ids text[], secret_hashes bytea[], bucket text, calls_per_minute integer, burst integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.recreate_proxy_keys(account_id text, receipt_id uuid, named text[], key_ids text[], secret_hashes bytea[], bucket text, calls_per_minute integer, burst integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.recreate_proxy_keys(account_id text, receipt_id uuid, named text[], key_ids text[], secret_hashes bytea[], bucket text, calls_per_minute integer, burst integer) TO proxy_keys_function;


--
-- Name: FUNCTION recreated_keys(account_id text, receipt_id uuid, key_ids text[], keys_skipped integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.recreated_keys(account_id text, receipt_id uuid, key_ids text[], keys_skipped integer) FROM PUBLIC;


--
-- Name: FUNCTION recreated_outcome(outcome text, wait interval); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.recreated_outcome(outcome text, wait interval) FROM PUBLIC;


--
-- Name: FUNCTION refuse_burnt_secret(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.refuse_burnt_secret() FROM PUBLIC;


--
-- Name: FUNCTION release_expired_holds(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.release_expired_holds() FROM PUBLIC;
GRANT ALL ON FUNCTION public.release_expired_holds() TO proxy_keys_function;
GRANT ALL ON FUNCTION public.release_expired_holds() TO proxy_keys_data_plane;


--
-- Name: FUNCTION release_holds(holds uuid[]); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.release_holds(holds uuid[]) FROM PUBLIC;


--
-- Name: FUNCTION revoke_proxy_keys(receipt_id uuid, account text, trigger text, operation text, target_id text, target_hash bytea, dedupe_key text, requested_by text, reason text, created_until timestamp with time zone, block_seconds integer, calls_per_minute integer, burst integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.revoke_proxy_keys(receipt_id uuid, account text, trigger text, operation text, target_id text, target_hash bytea, dedupe_key text, requested_by text, reason text, created_until timestamp with time zone, block_seconds integer, calls_per_minute integer, burst integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.revoke_proxy_keys(receipt_id uuid, account text, trigger text, operation text, target_id text, target_hash bytea, dedupe_key text, requested_by text, reason text, created_until timestamp with time zone, block_seconds integer, calls_per_minute integer, burst integer) TO proxy_keys_function;


--
-- Name: FUNCTION seconds_to_wait(wait interval); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.seconds_to_wait(wait interval) FROM PUBLIC;


--
-- Name: FUNCTION set_transaction_promises(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.set_transaction_promises() FROM PUBLIC;
GRANT ALL ON FUNCTION public.set_transaction_promises() TO proxy_keys_function;


--
-- Name: FUNCTION settle_hold(hold_id uuid, cost numeric); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.settle_hold(hold_id uuid, cost numeric) FROM PUBLIC;
GRANT ALL ON FUNCTION public.settle_hold(hold_id uuid, cost numeric) TO proxy_keys_data_plane;


--
-- Name: FUNCTION some_deleted_keys(receipt_id uuid); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.some_deleted_keys(receipt_id uuid) FROM PUBLIC;


--
-- Name: FUNCTION spend_credits(secret_hash bytea, cost numeric); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.spend_credits(secret_hash bytea, cost numeric) FROM PUBLIC;
GRANT ALL ON FUNCTION public.spend_credits(secret_hash bytea, cost numeric) TO proxy_keys_data_plane;


--
-- Name: FUNCTION switch_proxy_key(account_id text, target_id text, target_hash bytea, wanted boolean); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.switch_proxy_key(account_id text, target_id text, target_hash bytea, wanted boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION public.switch_proxy_key(account_id text, target_id text, target_hash bytea, wanted boolean) TO proxy_keys_function;


--
-- Name: FUNCTION switch_proxy_key(account_id text, target_id text, target_hash bytea, wanted boolean, heed_block boolean); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.switch_proxy_key(account_id text, target_id text, target_hash bytea, wanted boolean, heed_block boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION public.switch_proxy_key(account_id text, target_id text, target_hash bytea, wanted boolean, heed_block boolean) TO proxy_keys_function;


--
-- Name: FUNCTION take_token(account_id text, bucket text, calls_per_minute integer, burst integer, at timestamp with time zone); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.take_token(account_id text, bucket text, calls_per_minute integer, burst integer, at timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION time_of_creation(account_id text, key_id text, secret_hash bytea); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.time_of_creation(account_id text, key_id text, secret_hash bytea) FROM PUBLIC;


--
-- Name: FUNCTION toggle_proxy_key(account text, target_id text, target_hash bytea, wanted boolean); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.toggle_proxy_key(account text, target_id text, target_hash bytea, wanted boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION public.toggle_proxy_key(account text, target_id text, target_hash bytea, wanted boolean) TO proxy_keys_function;


--
-- Name: FUNCTION top_up(account_id text, amount numeric, reference text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.top_up(account_id text, amount numeric, reference text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.top_up(account_id text, amount numeric, reference text) TO proxy_keys_billing;


--
-- Name: FUNCTION update_account(account_id text, credits numeric, keys_changed boolean, block_seconds integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.update_account(account_id text, credits numeric, keys_changed boolean, block_seconds integer) FROM PUBLIC;


--
-- Name: FUNCTION update_proxy_key(account_id text, target_id text, target_hash bytea, name text, allocated numeric, expires_at timestamp with time zone, model_whitelist text[], ip_whitelist text[], bucket text, calls_per_minute integer, burst integer); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.update_proxy_key(account_id text, target_id text, target_hash bytea, name text, allocated numeric, expires_at timestamp with time zone, model_whitelist text[], ip_whitelist text[], bucket text, calls_per_minute integer, burst integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.update_proxy_key(account_id text, target_id text, target_hash bytea, name text, allocated numeric, expires_at timestamp with time zone, model_whitelist text[], ip_whitelist text[], bucket text, calls_per_minute integer, burst integer) TO proxy_keys_function;


--
-- Name: FUNCTION widens_ip_whitelist(before text[], after text[]); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.widens_ip_whitelist(before text[], after text[]) FROM PUBLIC;


--
-- Name: FUNCTION widens_whitelist(before text[], after text[]); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.widens_whitelist(before text[], after text[]) FROM PUBLIC;


--
-- Name: FUNCTION write_alert_receipt(receipt_id uuid, account_id text, operation text, dedupe_key text, requested_by text, reported_by text, reason text, url text, block_seconds integer, keys_deleted integer, keys_spared integer, credits_returned numeric, balance_after numeric); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.write_alert_receipt(receipt_id uuid, account_id text, operation text, dedupe_key text, requested_by text, reported_by text, reason text, url text, block_seconds integer, keys_deleted integer, keys_spared integer, credits_returned numeric, balance_after numeric) FROM PUBLIC;


--
-- Name: FUNCTION write_receipt(receipt_id uuid, account_id text, trigger text, operation text, target_hash bytea, dedupe_key text, requested_by text, reason text, keys_deleted integer, keys_spared integer, credits_returned numeric, balance_after numeric); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.write_receipt(receipt_id uuid, account_id text, trigger text, operation text, target_hash bytea, dedupe_key text, requested_by text, reason text, keys_deleted integer, keys_spared integer, credits_returned numeric, balance_after numeric) FROM PUBLIC;


--
-- Name: TABLE account; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.account TO proxy_keys_function;
GRANT SELECT ON TABLE public.account TO proxy_keys_data_plane;


--
-- Name: COLUMN account.balance; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(balance) ON TABLE public.account TO proxy_keys_function;


--
-- Name: COLUMN account.keys_version; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(keys_version) ON TABLE public.account TO proxy_keys_function;


--
-- Name: COLUMN account.new_keys_blocked_until; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(new_keys_blocked_until) ON TABLE public.account TO proxy_keys_function;


--
-- Name: COLUMN account.delete_all_paid_until; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(delete_all_paid_until) ON TABLE public.account TO proxy_keys_function;


--
-- Name: COLUMN account.remove_paid_until; Type: ACL; Schema: public; Owner: -
--

GRANT UPDATE(remove_paid_until) ON TABLE public.account TO proxy_keys_function;


--
-- Name: TABLE credit_hold; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.credit_hold TO proxy_keys_data_plane;


--
-- Name: TABLE revoked_key; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT ON TABLE public.revoked_key TO proxy_keys_function;


--
-- PostgreSQL database dump complete
--


