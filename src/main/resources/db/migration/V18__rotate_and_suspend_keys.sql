-- For rotated secrets and suspensions. V18 to V23 touch one table each, because transactions lock these tables in different orders.
-- No row is read or written: new columns have no default, and new constraints count for what is written from now on (not
-- valid); V24 looks at the rows that were there, which keeps nobody waiting.
--
-- While this waits for a long transaction, every other statement on the table waits behind it; so it gives up after 3 s, and is then
-- applied again. So do V19 to V23.
do
$$
begin
    perform set_config('lock_timeout', '3s', true);
    alter table proxy_key
        add column if not exists previous_secret_hash bytea,
        add column if not exists previous_valid_until timestamptz,
        add column if not exists rotated_at timestamptz,
        add column if not exists suspended_by uuid;
    alter table proxy_key
        drop constraint if exists proxy_key_previous_secret_ends,
        add constraint proxy_key_previous_secret_ends
            check ((previous_secret_hash is null) = (previous_valid_until is null)) not valid;
end
$$;

comment on column proxy_key.previous_secret_hash is 'SHA-256 of the secret before the last rotation, which works until previous_valid_until.';
comment on column proxy_key.previous_valid_until is 'When the overlap of two secrets ends, or ended.';
comment on column proxy_key.rotated_at is 'When the key got its secret by a rotation. Null: it still has its first one.';
comment on column proxy_key.suspended_by is 'The suspension that disabled the key and can enable it again. Null: none.';
