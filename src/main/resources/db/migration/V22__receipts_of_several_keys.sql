-- For deletions by names, by a beginning of names, and of old secrets; and who asked.
do
$$
begin
    perform set_config('lock_timeout', '3s', true);
    alter table revocation
        add column if not exists name_prefix text,
        add column if not exists keys_not_found int,
        add column if not exists subject text,
        add column if not exists rotated_key_id text,
        drop constraint if exists revocation_operation_known,
        add constraint revocation_operation_known
            check (operation in ('all', 'expired', 'inactive', 'suspended', 'never_used', 'prefix', 'one', 'several', 'old_secret'))
            not valid;
end
$$;

comment on column revocation.name_prefix is 'Only keys whose name begins with it were deleted.';
comment on column revocation.keys_not_found is 'Operation several: how many of the names were no live key of the account.';
comment on column revocation.rotated_key_id is 'Operation old_secret: whose previous secret was revoked. The key lives on.';
comment on column revocation.subject is 'The token''s sub: the person or machine that asked for it.';
