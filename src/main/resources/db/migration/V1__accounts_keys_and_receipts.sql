-- Accounts, their proxy keys, and the receipts of what was deleted.
--
-- Money is numeric, exact, six decimals. For every account, at every moment,
-- balance + sum(allocated of its live keys) changes only by what was spent or topped up.
-- numeric(p,s) refuses infinity by itself; NaN has to be refused by name, because NaN >= 0 is true in PostgreSQL.

create table account (
    id                     text           not null primary key,
    balance                numeric(26, 6) not null default 0,
    keys_version           bigint         not null default 0,
    new_keys_blocked_until timestamptz,
    delete_all_paid_until  timestamptz,
    remove_paid_until      timestamptz,
    constraint account_limits_finite check (isfinite(delete_all_paid_until) and isfinite(remove_paid_until)),
    constraint account_id_length check (char_length(id) between 1 and 255),
    constraint account_balance_not_negative check (balance >= 0 and balance <> 'NaN')
);

comment on table account is 'Who owns proxy keys and the credits they were cut from.';
comment on column account.balance is 'Credits not in any key.';
comment on column account.keys_version is
    'Raised by every transaction that deletes keys or changes is_active. A cache of keys with another version is stale.';
comment on column account.new_keys_blocked_until is 'create_proxy_key refuses until then.';
comment on column account.delete_all_paid_until is
    'Rate limit of delete-all, the "theoretical arrival time" of GCRA: each call pays one interval in advance.';

comment on column account.remove_paid_until is 'The same for removing one key.';

create table proxy_key (
    id              text           not null primary key,
    account_id      text           not null references account (id),
    name            text,
    secret_hash     bytea          not null unique,
    allocated       numeric(20, 6) not null,
    used            numeric(20, 6) not null default 0,
    is_active       boolean        not null default true,
    expires_at      timestamptz,
    model_whitelist text[]         not null default '{}',
    ip_whitelist    text[]         not null default '{}',
    created_at      timestamptz    not null default clock_timestamp(),
    last_used       timestamptz,
    -- The years that every reader of the list can tell.
    constraint proxy_key_created_at_told check (created_at >= '0001-01-01 00:00:00+00' and created_at < '10000-01-01 00:00:00+00'),
    constraint proxy_key_name_length check (char_length(name) <= 25),
    constraint proxy_key_allocated_not_negative check (allocated >= 0 and allocated <> 'NaN'),
    constraint proxy_key_used_within_allocated check (used >= 0 and used <= allocated)
);

-- Finds the keys of one account (delete-all) and hands them out in the order of the list.
create index proxy_key_of_account on proxy_key (account_id, created_at, id);

comment on table proxy_key is 'A delegated sub-key. A row that is gone is a key that no longer works, for good.';
comment on column proxy_key.id is 'Public identifier (ek-proxy-...): good for managing the key, useless for calling a model.';
comment on column proxy_key.secret_hash is 'SHA-256 of the full secret. The secret itself is stored nowhere.';
comment on column proxy_key.allocated is 'Credits moved out of the balance into the key. allocated - used goes back when it is deleted.';
comment on column proxy_key.expires_at is 'Null: never.';

-- Receipts refer to accounts and keys by value: they outlive both.
create table revocation (
    id                 uuid           not null primary key,
    account_id         text           not null,
    trigger            text           not null,
    operation          text           not null,
    target_fingerprint bytea,
    dedupe_key         text,
    requested_by       text,
    reason             text,
    keys_deleted       int            not null,
    keys_spared        int            not null default 0,
    credits_returned   numeric(26, 6) not null,
    balance_after      numeric(26, 6) not null,
    revoked_at         timestamptz    not null,
    constraint revocation_trigger_known check (trigger in ('request', 'alert')),
    constraint revocation_operation_known check (operation in ('all', 'expired', 'inactive', 'never_used', 'one')),
    constraint revocation_amounts_not_negative check (
        keys_deleted >= 0
        and credits_returned >= 0 and credits_returned <> 'NaN'
        and balance_after >= 0 and balance_after <> 'NaN')
);

-- One revocation for one Idempotency-Key or one delivered event, however often it is repeated.
create unique index revocation_once on revocation (account_id, trigger, dedupe_key) where dedupe_key is not null;

-- The owner's receipts, newest first; and the oldest of all, to be purged.
create index revocation_of_account on revocation (account_id, revoked_at desc, id desc);
create index revocation_by_age on revocation (revoked_at);

comment on table revocation is 'The receipt of one deletion, kept 90 days.';
comment on column revocation.target_fingerprint is
    'Removing one key: what the caller named it, hashed with the receipt''s id, to tell a repeat from another key.';
comment on column revocation.dedupe_key is 'The request''s Idempotency-Key, or the id of the alert''s envelope.';
comment on column revocation.requested_by is 'The token''s azp or client_id; the source of the alert.';
comment on column revocation.keys_spared is 'An alert: how many keys were newer than what was detected, and stayed.';
comment on column revocation.balance_after is 'The account''s balance at the end of this revocation.';

-- A row for each deleted key, enough to recreate it; never a secret or its hash. A row each and not one document:
-- a document is four times slower at 100,000 keys, and PostgreSQL refuses it near 850,000. No foreign key: a million
-- checks would cost more than the deletion, and both sides are written by the same statement.
create table revoked_key (
    revocation_id   uuid           not null,
    id              text           not null,
    name            text,
    allocated       numeric(20, 6) not null,
    used            numeric(20, 6) not null,
    is_active       boolean        not null,
    expires_at      timestamptz,
    model_whitelist text[]         not null,
    ip_whitelist    text[]         not null,
    created_at      timestamptz    not null,
    last_used       timestamptz,
    constraint revoked_key_amounts check (allocated >= used and used >= 0 and allocated <> 'NaN')
);

-- In the order of the owner's list: a receipt of a million keys is read page by page.
create index revoked_key_of_revocation on revoked_key (revocation_id, created_at, id);

comment on table revoked_key is 'The settings of each deleted key as they were.';
