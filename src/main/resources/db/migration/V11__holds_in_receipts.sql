-- Receipts say what of a deleted key was on hold. Replaces the step of the deletion (V8) that deletes.

create function note_holds(receipt_id uuid, account_id text) returns void
    language plpgsql as
$$
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

comment on function note_holds(uuid, text) is
    'Has each deleted key of a receipt say what was on hold, and each of those holds which receipt its rest is added to.';

-- As in V8, and notes the holds: in statements after the deletion, because a settlement or a hold that the deletion waited for is
-- not in the snapshot of the deleting statement. From then on nobody else can settle them or add one: that takes the key, which is
-- gone, or the account, which is locked.
create or replace function delete_proxy_keys(
    receipt_id uuid, account_id text, operation text,
    key_id     text,        -- operation 'one': which
    first_made timestamptz, -- only keys made from then
    last_made  timestamptz, -- until then, both included: the index finds one key among a million by the time it was made
    at         timestamptz, -- when a key has to have expired
    out keys_deleted int, out credits_returned numeric
)
    language plpgsql as
$$
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

-- The planner expects few holds and a receipt of few keys. Whatever it expects: row by row and by an index, so that the holds of
-- 1,000 among 100,000 keys add less than a tenth to the deletion, however large the tables are.
alter function note_holds(uuid, text) set enable_seqscan = off;
alter function note_holds(uuid, text) set enable_hashjoin = off;
alter function note_holds(uuid, text) set enable_mergejoin = off;

revoke execute on function note_holds(uuid, text) from public;

alter table revocation validate constraint revocation_settled_later;
alter table revoked_key validate constraint revoked_key_held_within_used;
