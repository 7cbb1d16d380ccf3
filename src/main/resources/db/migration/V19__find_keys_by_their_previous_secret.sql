-- Not together with V18: reading a million keys takes some tenths of a second, in which spends wait. V18 would keep readers waiting too.
do
$$
begin
    perform set_config('lock_timeout', '3s', true);
    create unique index if not exists proxy_key_previous_secret on proxy_key (previous_secret_hash) where previous_secret_hash is not null;
end
$$;
