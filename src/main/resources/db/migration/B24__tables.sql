-- The tables. A new database starts here; one of release 0.2.0 (V1 to V15) gets to the same end by V16 to V24.
--
-- Money is numeric, exact, six decimals. numeric(p,s) refuses infinity; NaN is refused by name, because NaN >= 0 is true in
-- PostgreSQL. For every account, at every moment,
--
--     balance + sum(allocated of its live keys) + sum(amount of unsettled holds of its deleted keys)
--
-- changes only by what was spent or topped up. Times are in the years 1 to 9999, which every reader can represent.
--
-- Functions, triggers and grants are in R__*.sql, one file a subject, edited in place.

create table account (
    id                     text           not null,
    balance                numeric(26, 6) not null default 0,
    keys_version           bigint         not null default 0,
    new_keys_blocked_until timestamptz,
    constraint account_pkey primary key (id),
    constraint account_id_length check (char_length(id) between 1 and 255),
    constraint account_balance_not_negative check (balance >= 0 and balance <> 'NaN')
);

comment on table account is 'Who owns proxy keys and the credits they were cut from.';
comment on column account.balance is 'Credits not in any key.';
comment on column account.keys_version is
    'Raised by every transaction that deletes keys or changes what one may do. A cache of keys with another version is stale.';
comment on column account.new_keys_blocked_until is 'No key of the account is created or may do more until then.';

create table proxy_key (
    id              text           not null,
    account_id      text           not null,
    name            text,
    secret_hash     bytea          not null,
    allocated       numeric(20, 6) not null,
    used            numeric(20, 6) not null default 0,
    is_active       boolean        not null default true,
    expires_at      timestamptz,
    model_whitelist text[]         not null default '{}',
    ip_whitelist    text[]         not null default '{}',
    created_at      timestamptz    not null default clock_timestamp(),
    last_used       timestamptz,
    previous_secret_hash bytea,
    previous_valid_until timestamptz,
    rotated_at      timestamptz,
    suspended_by    uuid,
    constraint proxy_key_pkey primary key (id),
    constraint proxy_key_secret_hash_key unique (secret_hash),
    -- Deferrable for probe_secret (R__4), which inserts a row of no account and deletes it again.
    constraint proxy_key_account_id_fkey foreign key (account_id) references account (id) deferrable initially immediate,
    constraint proxy_key_name_length check (char_length(name) <= 25),
    constraint proxy_key_allocated_not_negative check (allocated >= 0 and allocated <> 'NaN'),
    constraint proxy_key_used_within_allocated check (used >= 0 and used <= allocated),
    constraint proxy_key_created_at_told check (created_at >= '0001-01-01 00:00:00+00' and created_at < '10000-01-01 00:00:00+00'),
    constraint proxy_key_expires_at_told check (expires_at >= '0001-01-01 00:00:00+00' and expires_at < '10000-01-01 00:00:00+00'),
    constraint proxy_key_last_used_told check (last_used >= '0001-01-01 00:00:00+00' and last_used < '10000-01-01 00:00:00+00'),
    constraint proxy_key_whitelists_flat check (
        coalesce(array_ndims(model_whitelist), 1) = 1 and coalesce(array_ndims(ip_whitelist), 1) = 1),
    constraint proxy_key_previous_secret_ends check ((previous_secret_hash is null) = (previous_valid_until is null))
);

-- Finds the keys of one account (delete-all), and returns them in the order of the list.
create index proxy_key_of_account on proxy_key (account_id, created_at, id);
-- Few keys have two secrets: a spend with the other ones does not touch it.
create unique index proxy_key_previous_secret on proxy_key (previous_secret_hash) where previous_secret_hash is not null;

comment on table proxy_key is 'A delegated sub-key. A row that is gone is a key that no longer works, for good.';
comment on column proxy_key.id is 'Public identifier (ek-proxy-...): good for managing the key, useless for calling a model.';
comment on column proxy_key.secret_hash is 'SHA-256 of the full secret. The secret itself is stored nowhere.';
comment on column proxy_key.allocated is 'Credits moved out of the balance into the key. allocated - used goes back when it is deleted.';
comment on column proxy_key.expires_at is 'Null: never.';
comment on column proxy_key.previous_secret_hash is 'SHA-256 of the secret before the last rotation, which works until previous_valid_until.';
comment on column proxy_key.previous_valid_until is 'When the overlap of two secrets ends, or ended.';
comment on column proxy_key.rotated_at is 'When the key got its secret by a rotation. Null: it still has its first one.';
comment on column proxy_key.suspended_by is 'The suspension that disabled the key and can enable it again. Null: none.';

-- Receipts refer to accounts and keys by value: they outlive both.
create table revocation (
    id                    uuid           not null,
    account_id            text           not null,
    trigger               text           not null,
    operation             text           not null,
    target_fingerprint    bytea,
    dedupe_key            text,
    requested_by          text,
    reason                text,
    keys_deleted          int            not null,
    keys_spared           int            not null default 0,
    credits_returned      numeric(26, 6) not null,
    balance_after         numeric(26, 6) not null,
    revoked_at            timestamptz    not null,
    credits_settled_later numeric(26, 6) not null default 0,
    transaction_id        xid8           not null default pg_current_xact_id(),
    block_seconds         int            not null default 0,
    url                   text,
    reported_by           text,
    name_prefix           text,
    keys_not_found        int,
    subject               text,
    rotated_key_id        text,
    constraint revocation_pkey primary key (id),
    constraint revocation_trigger_known check (trigger in ('request', 'alert')),
    constraint revocation_operation_known check (
        operation in ('all', 'expired', 'inactive', 'suspended', 'never_used', 'prefix', 'one', 'several', 'old_secret')),
    constraint revocation_amounts_not_negative check (
        keys_deleted >= 0
        and credits_returned >= 0 and credits_returned <> 'NaN'
        and balance_after >= 0 and balance_after <> 'NaN'),
    constraint revocation_revoked_at_told check (revoked_at >= '0001-01-01 00:00:00+00' and revoked_at < '10000-01-01 00:00:00+00'),
    constraint revocation_settled_later check (credits_settled_later >= 0 and credits_settled_later <> 'NaN')
);

-- One revocation for one Idempotency-Key or one alert, however often it is repeated.
create unique index revocation_once on revocation (account_id, trigger, dedupe_key) where dedupe_key is not null;
-- Alerts are looked up without their account. Not unique: a person may have replayed an alert with another account.
create index revocation_of_alert on revocation (dedupe_key) where trigger = 'alert';
-- The owner's receipts, newest first; the oldest of all, to be purged; and all, in an order in which none is missed.
create index revocation_of_account on revocation (account_id, revoked_at desc, id desc);
create index revocation_by_age on revocation (revoked_at);
create index revocation_in_order on revocation (transaction_id, id);

comment on table revocation is 'The receipt of one deletion, kept 90 days.';
comment on column revocation.target_fingerprint is
    'Deleting one key: its secret''s SHA-256, hashed with the receipt''s id, to tell a repeat from another key.';
comment on column revocation.dedupe_key is
    'The request''s Idempotency-Key, or what makes an alert the same: the id of its envelope, or a digest.';
comment on column revocation.requested_by is 'The token''s client; the source of the alert.';
comment on column revocation.keys_spared is 'An alert: how many keys were newer than what was detected, and stayed.';
comment on column revocation.balance_after is 'The account''s balance at the end of this revocation.';
comment on column revocation.credits_settled_later is
    'What came back to the balance after the deletion: the unused parts of calls that were in flight. Not in credits_returned.';
comment on column revocation.transaction_id is
    'The transaction that wrote the receipt. With pg_snapshot_xmin(pg_current_snapshot()) it is a cursor that misses none.';
comment on column revocation.block_seconds is 'For how long it blocked new keys. 0: it did not, or was written before this was kept.';
comment on column revocation.url is 'An alert: where the key was found.';
comment on column revocation.reported_by is 'An alert: who found it.';
comment on column revocation.name_prefix is 'Only keys whose name begins with it were deleted.';
comment on column revocation.keys_not_found is 'Operation several: how many of the names were no live key of the account.';
comment on column revocation.rotated_key_id is 'Operation old_secret: whose previous secret was revoked. The key lives on.';
comment on column revocation.subject is 'The token''s sub: the person or machine that asked for it.';

-- A row for each deleted key, enough to recreate it; never a secret or its hash. A row each and not one document: a document is four
-- times slower at 100,000 keys, and PostgreSQL refuses it near 850,000. No foreign key: a million checks would cost more than the
-- deletion, and both sides are written by the same transaction.
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
    held            numeric(20, 6) not null default 0,
    recreated_as    text,
    suspended_by    uuid,
    rotated_at      timestamptz,
    constraint revoked_key_amounts check (allocated >= used and used >= 0 and allocated <> 'NaN'),
    constraint revoked_key_held_within_used check (held >= 0 and held <= used),
    constraint revoked_key_created_at_told check (created_at >= '0001-01-01 00:00:00+00' and created_at < '10000-01-01 00:00:00+00'),
    constraint revoked_key_expires_at_told check (expires_at >= '0001-01-01 00:00:00+00' and expires_at < '10000-01-01 00:00:00+00'),
    constraint revoked_key_last_used_told check (last_used >= '0001-01-01 00:00:00+00' and last_used < '10000-01-01 00:00:00+00'),
    constraint revoked_key_whitelists_flat check (
        coalesce(array_ndims(model_whitelist), 1) = 1 and coalesce(array_ndims(ip_whitelist), 1) = 1)
);

-- In the order of the owner's list: a receipt of a million keys is read page by page.
create index revoked_key_of_revocation on revoked_key (revocation_id, created_at, id);

comment on table revoked_key is 'The settings of each deleted key as they were.';
comment on column revoked_key.held is 'The part of used that was on hold for calls in flight when the key was deleted.';
comment on column revoked_key.recreated_as is 'The identifier of the key that replaces it. Null: it was not recreated.';
comment on column revoked_key.suspended_by is 'The suspension that had disabled the key: recreated, it is enabled as it was before.';
comment on column revoked_key.rotated_at is 'When the key got its last secret by a rotation. Null: it had its first one.';

create table suspension (
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

create unique index suspension_once on suspension (account_id, trigger, dedupe_key) where dedupe_key is not null;
create index suspension_of_alert on suspension (dedupe_key) where trigger = 'alert';
create index suspension_of_target on suspension (target_fingerprint) where trigger = 'alert';
create index suspension_by_age on suspension (suspended_at);
create index suspension_in_order on suspension (transaction_id, id);

comment on table suspension is 'Keys that were disabled together, and can be enabled together. Kept 90 days, and while it holds a key.';
comment on column suspension.target_fingerprint is
    'Keys by name: a digest of the names, to tell a repeat from other keys. An alert: one of what makes it the same and its key''s secret.';
comment on column suspension.dedupe_key is 'As in revocation.';
comment on column suspension.keys_spared is 'An alert: how many keys were newer than what was detected, and stayed.';
comment on column suspension.resumed_at is 'When its last key was enabled again.';
comment on column suspension.transaction_id is 'As in revocation.';

create table credit_hold (
    id             uuid           not null,
    account_id     text           not null,
    key_id         text           not null,
    amount         numeric(20, 6) not null,
    expires_at     timestamptz    not null,
    settled        numeric(20, 6),
    settled_at     timestamptz,
    -- For the deletion of the key.
    key_created_at timestamptz,
    revocation_id  uuid,
    released_at    timestamptz,
    late_cost      numeric(20, 6),
    charged_late   numeric(20, 6),
    late_at        timestamptz,
    constraint credit_hold_pkey primary key (id),
    constraint credit_hold_amount check (amount > 0 and amount <> 'NaN'),
    constraint credit_hold_settled_within_amount check (settled >= 0 and settled <= amount),
    constraint credit_hold_settled_at_a_time check ((settled is null) = (settled_at is null)),
    constraint credit_hold_times_finite check (isfinite(expires_at) and isfinite(settled_at)),
    constraint credit_hold_charged_late check (
        (late_cost is null) = (charged_late is null) and (late_cost is null) = (late_at is null)
        and (late_cost is null or (released_at is not null and late_cost <= amount and charged_late >= 0 and charged_late <= late_cost)))
)
    -- Room on each page for the new version of a row that is settled.
    with (fillfactor = 80);

-- What expires next, what an account has on hold, and what is old enough to be purged.
create index credit_hold_by_expiry on credit_hold (expires_at, id) where settled is null;
create index credit_hold_of_account on credit_hold (account_id) where settled is null;
create index credit_hold_by_age on credit_hold (settled_at) where settled is not null;

comment on table credit_hold is 'Credits set aside for a call in flight. Refers to account and key by value: it outlives both.';
comment on column credit_hold.amount is 'The most that the call can cost. Part of the key''s used until it is settled.';
comment on column credit_hold.expires_at is 'From then on release_expired_holds may settle it at 0. Until it does, the hold counts.';
comment on column credit_hold.settled is 'What the call cost; the rest was given back. Null: not settled yet.';
comment on column credit_hold.key_created_at is 'With it the key''s row in its receipt is found by the index, also among a million.';
comment on column credit_hold.revocation_id is 'The receipt of the key''s deletion, if that found the hold open.';
comment on column credit_hold.released_at is 'When it was settled at 0 because nobody settled it in time. Null: it was not.';
comment on column credit_hold.late_cost is 'What the call cost, said after the release.';
comment on column credit_hold.charged_late is 'What of late_cost the key, or the balance, still had.';
comment on column credit_hold.late_at is 'When late_cost was said.';

create table burnt_secret (
    secret_hash bytea       not null,
    account_id  text,
    key_id      text,
    burnt_at    timestamptz not null default clock_timestamp(),
    rotated_at  timestamptz,
    constraint burnt_secret_pkey primary key (secret_hash),
    constraint burnt_secret_of_a_key check ((account_id is null) = (key_id is null)),
    constraint burnt_secret_time_finite check (isfinite(burnt_at))
);

create index burnt_secret_of_key on burnt_secret (key_id) where key_id is not null;
create index burnt_secret_by_age on burnt_secret (burnt_at) where key_id is null;

comment on table burnt_secret is 'Secrets that an alert named or a rotation replaced. No key can get one of them (PK008).';
comment on column burnt_secret.secret_hash is 'SHA-256 of the full secret, as in proxy_key.';
comment on column burnt_secret.account_id is 'Whose key had it. By value: it outlives the account.';
comment on column burnt_secret.key_id is
    'Which key had it. Null: none, as far as is known; then the row is kept 90 days, otherwise for ever.';
comment on column burnt_secret.burnt_at is 'When an alert named it last, or a rotation replaced it.';
comment on column burnt_secret.rotated_at is 'When a rotation replaced it. Null: none did.';

-- A row for each limit that an account has used, so that a new operation needs no new column.
create table rate_limit (
    account_id text        not null,
    bucket     text        not null,
    paid_until timestamptz not null,
    constraint rate_limit_pkey primary key (account_id, bucket),
    constraint rate_limit_finite check (isfinite(paid_until))
);

comment on table rate_limit is
    'How far each of an account''s limits is used up. A row whose time has passed means the same as no row.';
comment on column rate_limit.account_id is 'By value: the function locks the account before it writes here.';
comment on column rate_limit.bucket is 'Which limit: delete-all, remove. Operations with the same bucket share its tokens.';
comment on column rate_limit.paid_until is 'The "theoretical arrival time" of GCRA: each call pays one interval in advance.';

create table account_top_up (
    account_id   text           not null,
    reference    text           not null,
    amount       numeric(26, 6) not null,
    topped_up_at timestamptz    not null default clock_timestamp(),
    constraint account_top_up_pkey primary key (account_id, reference),
    constraint account_top_up_reference_length check (char_length(reference) between 1 and 255),
    constraint account_top_up_amount check (amount > 0 and amount <> 'NaN'),
    constraint account_top_up_time_finite check (isfinite(topped_up_at))
);

comment on table account_top_up is 'Credits that came from outside: one row for each reference, kept for ever, so that each counts once.';
comment on column account_top_up.account_id is 'By value: it outlives the account.';
comment on column account_top_up.reference is 'Chosen by the platform, such as the number of an invoice.';

-- What the operations return ----------------------------------------------------------------------------------------------------

create type request_result as (
    outcome          text,    -- 'revoked'; 'replayed': the first receipt; 'reused': the dedupe key belongs to another operation;
                              -- 'limited': refused, nothing changed; 'foreign', 'unknown': the key is another account's, or
                              -- none: nothing changed but the call is counted
    receipt          uuid,    -- the receipt, if there is one:
    keys_deleted     int,
    keys_spared      int,     -- 0: a request spares none
    credits_returned numeric,
    balance_after    numeric,
    revoked_at       bigint,  -- Unix seconds
    retry_after      int,     -- seconds, when limited
    key_ids          text[]   -- revoked: of up to 100 deleted keys, the oldest first
);

create type alert_result as (
    outcome          text,    -- 'revoked'; 'replayed': the first receipt; 'unknown': the key does not live; 'ownerless': its other
                              -- keys are to go, and no owner was found. In these two no key was changed, but the secret is burnt.
                              -- 'foreign': it is not a key of the account that the alert states; nothing was changed
    was_key          boolean, -- an alert that names a key: whether it lives or is known to have lived
    account_id       text,    -- the receipt's account, if there is a receipt, and what else it says:
    receipt          uuid,
    keys_deleted     int,
    keys_spared      int,
    credits_returned numeric,
    balance_after    numeric,
    revoked_at       bigint,  -- Unix seconds
    key_ids          text[]   -- revoked: of up to 100 deleted keys, the oldest first
);

create type found_key as (
    outcome         text, -- 'found'; 'limited': not looked up; 'foreign', 'unknown': the key is another account's, or none
    retry_after     int,  -- seconds, when limited
    id              text, -- the key, when found:
    name            text,
    allocated       numeric,
    used            numeric,
    is_active       boolean,
    expires_at      timestamptz,
    model_whitelist text[],
    ip_whitelist    text[],
    created_at      timestamptz,
    last_used       timestamptz
);

create type created_key as (
    outcome     text,       -- 'created'; 'limited', 'blocked': refused for some seconds; 'insufficient': the balance is too low. In these
                            -- three nothing was changed, but in the last two the call is counted
    retry_after int,        -- seconds, when limited or blocked
    created_at  timestamptz -- when created
);

create type key_change as (
    outcome     text, -- 'updated'; 'limited', 'blocked': refused for some seconds; 'foreign', 'unknown': the key is another account's, or
                      -- none; 'past': expires_at; 'used': more is used than would be allocated; 'insufficient': the balance is too low.
                      -- But for the first, the key was not changed
    retry_after int,  -- seconds, when limited or blocked
    key_id      text  -- when updated
);

create type recreated_key as (
    outcome           text,    -- 'recreated': one row for each new key, or one row without a key. 'replaced': keys were recreated
                               -- already, one row for each, up to 10,000. Else one row without a key: 'limited', 'blocked': refused for
                               -- some seconds; 'unknown': no such receipt of this account; 'unlisted': a key that is named is not in it;
                               -- 'many': more keys than there are secrets; 'insufficient': the balance is too low
    retry_after       int,     -- seconds, when limited or blocked
    keys_skipped      int,     -- when recreated: how many keys of the receipt, or of those named, were not;
    credits_allocated numeric, -- of all new keys;
    balance           numeric, -- of the account
    replaces          text,    -- the identifier of a deleted key, and of the one that replaces it
    id                text,
    name              text,    -- when recreated: the new key
    allocated         numeric,
    is_active         boolean,
    expires_at        timestamptz,
    model_whitelist   text[],
    ip_whitelist      text[],
    created_at        timestamptz
);

create type key_switch as (
    outcome     text, -- 'enabled' or 'disabled', the state now, also if there was nothing to change; 'foreign', 'unknown': the key is
                      -- another account's, or none; 'blocked': it may not be enabled for some seconds
    retry_after int   -- seconds, when blocked
);
