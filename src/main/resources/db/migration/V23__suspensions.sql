do
$$
begin
    perform set_config('lock_timeout', '3s', true);
    alter table revoked_key
        add column if not exists suspended_by uuid,
        add column if not exists rotated_at timestamptz;
end
$$;

comment on column revoked_key.suspended_by is 'The suspension that had disabled the key: recreated, it is enabled as it was before.';
comment on column revoked_key.rotated_at is 'When the key got its last secret by a rotation. Null: it had its first one.';

create table if not exists suspension (
    id                 uuid        not null,
    account_id         text        not null,
    trigger            text        not null,
    operation          text        not null,
    name_prefix        text,
    target_fingerprint bytea,
    dedupe_key         text,
    requested_by       text,
    subject            text,
    reason             text,
    url                text,
    reported_by        text,
    block_seconds      int         not null default 0,
    keys_suspended     int         not null,
    keys_resumed       int         not null default 0,
    keys_spared        int         not null default 0,
    suspended_at       timestamptz not null,
    resumed_at         timestamptz,
    transaction_id     xid8        not null default pg_current_xact_id(),
    constraint suspension_pkey primary key (id),
    constraint suspension_trigger_known check (trigger in ('request', 'alert')),
    constraint suspension_operation_known
        check (operation in ('all', 'expired', 'inactive', 'suspended', 'never_used', 'prefix', 'one', 'several')),
    constraint suspension_counts check (keys_suspended >= 0 and keys_spared >= 0 and keys_resumed between 0 and keys_suspended),
    constraint suspension_times_told check (
        suspended_at >= '0001-01-01 00:00:00+00' and suspended_at < '10000-01-01 00:00:00+00' and isfinite(resumed_at))
);

create unique index if not exists suspension_once on suspension (account_id, trigger, dedupe_key) where dedupe_key is not null;
create index if not exists suspension_of_alert on suspension (dedupe_key) where trigger = 'alert';
create index if not exists suspension_of_target on suspension (target_fingerprint) where trigger = 'alert';
create index if not exists suspension_by_age on suspension (suspended_at);
create index if not exists suspension_in_order on suspension (transaction_id, id);

comment on table suspension is 'Keys that were disabled together, and can be enabled together. Kept 90 days, and while it holds a key.';
comment on column suspension.target_fingerprint is
    'Keys by name: a digest of the names, to tell a repeat from other keys. An alert: one of what makes it the same and its key''s secret.';
comment on column suspension.dedupe_key is 'As in revocation.';
comment on column suspension.keys_spared is 'An alert: how many keys were newer than what was detected, and stayed.';
comment on column suspension.resumed_at is 'When its last key was enabled again.';
comment on column suspension.transaction_id is 'As in revocation.';
