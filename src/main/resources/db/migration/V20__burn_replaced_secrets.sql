do
$$
begin
    perform set_config('lock_timeout', '3s', true);
    alter table burnt_secret add column if not exists rotated_at timestamptz;
end
$$;

comment on column burnt_secret.rotated_at is 'When a rotation replaced it. Null: none did.';
comment on table burnt_secret is 'Secrets that an alert named or a rotation replaced. No key can get one of them (PK008).';
comment on column burnt_secret.burnt_at is 'When an alert named it last, or a rotation replaced it.';
