-- For probe_secret (R__4), which inserts a row of no account and deletes it again. Not together with V16: a settlement in flight has used
-- proxy_key and waits for account. As there, it gives up after 3 s, and is then applied again.
do
$$
begin
    perform set_config('lock_timeout', '3s', true);
    alter table proxy_key alter constraint proxy_key_account_id_fkey deferrable initially immediate;
end
$$;
