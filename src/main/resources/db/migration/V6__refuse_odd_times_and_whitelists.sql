-- From now on no row can get a time outside the years 1 to 9999, nor a whitelist of more than one dimension. "Not valid" says that
-- the rows which are there already are not looked at (V7 does that): the table is locked for a moment only.
--
-- In the order in which a deletion uses the tables, so that the two cannot deadlock. While this waits for a long transaction,
-- every other statement waits behind it; so it gives up after 3 s, and is then applied again.

do
$$
begin
    perform set_config('lock_timeout', '3s', true);

    alter table revocation
        add constraint revocation_revoked_at_told check (
            revoked_at >= '0001-01-01 00:00:00+00' and revoked_at < '10000-01-01 00:00:00+00') not valid;

    alter table proxy_key
        add constraint proxy_key_expires_at_told check (
            expires_at >= '0001-01-01 00:00:00+00' and expires_at < '10000-01-01 00:00:00+00') not valid,
        add constraint proxy_key_last_used_told check (
            last_used >= '0001-01-01 00:00:00+00' and last_used < '10000-01-01 00:00:00+00') not valid,
        -- An empty array has no dimensions: null.
        add constraint proxy_key_whitelists_flat check (
            coalesce(array_ndims(model_whitelist), 1) = 1 and coalesce(array_ndims(ip_whitelist), 1) = 1) not valid;

    alter table revoked_key
        add constraint revoked_key_expires_at_told check (
            expires_at >= '0001-01-01 00:00:00+00' and expires_at < '10000-01-01 00:00:00+00') not valid,
        add constraint revoked_key_created_at_told check (
            created_at >= '0001-01-01 00:00:00+00' and created_at < '10000-01-01 00:00:00+00') not valid,
        add constraint revoked_key_last_used_told check (
            last_used >= '0001-01-01 00:00:00+00' and last_used < '10000-01-01 00:00:00+00') not valid,
        add constraint revoked_key_whitelists_flat check (
            coalesce(array_ndims(model_whitelist), 1) = 1 and coalesce(array_ndims(ip_whitelist), 1) = 1) not valid;
end
$$;
