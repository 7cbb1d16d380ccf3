-- Release 0.2.0 to 0.3.0: what no release calls any more. 0.1.0 called the two operations and listed_seconds, and counted its limits in
-- the two columns; 0.2.0 calls none of them.
--
-- The table is locked for a moment only: no row is read. While this waits for a long transaction, every other statement waits behind it;
-- so it gives up after 3 s, and is then applied again.
do
$$
begin
    perform set_config('lock_timeout', '3s', true);
    alter table account
        drop column if exists delete_all_paid_until,
        drop column if exists remove_paid_until;
end
$$;

drop function if exists
    revoke_proxy_keys(uuid, text, text, text, text, bytea, text, text, text, timestamptz, int, int, int),
    toggle_proxy_key(text, text, bytea, boolean),
    carry_out_revocation(uuid, text, text, text, text, bytea, text, text, text, timestamptz, int, text, int, int),
    listed_seconds(timestamptz, bigint);
drop type if exists revocation_result;

comment on column account.keys_version is
    'Raised by every transaction that deletes keys or changes what one may do. A cache of keys with another version is stale.';
comment on column account.new_keys_blocked_until is 'No key of the account is created or may do more until then.';
comment on column revocation.requested_by is 'The token''s client; the source of the alert.';
comment on column revocation.target_fingerprint is
    'Deleting one key: its secret''s SHA-256, hashed with the receipt''s id, to tell a repeat from another key.';
