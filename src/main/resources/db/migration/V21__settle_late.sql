do
$$
begin
    perform set_config('lock_timeout', '3s', true);
    alter table credit_hold
        add column if not exists released_at timestamptz,
        add column if not exists late_cost numeric(20, 6),
        add column if not exists charged_late numeric(20, 6),
        add column if not exists late_at timestamptz;
    alter table credit_hold
        drop constraint if exists credit_hold_charged_late,
        add constraint credit_hold_charged_late
            check ((late_cost is null) = (charged_late is null) and (late_cost is null) = (late_at is null)
                   and (late_cost is null or (released_at is not null and late_cost <= amount
                                              and charged_late >= 0 and charged_late <= late_cost))) not valid;
end
$$;

comment on column credit_hold.released_at is 'When it was settled at 0 because nobody settled it in time. Null: it was not.';
comment on column credit_hold.late_cost is 'What the call cost, said after the release.';
comment on column credit_hold.charged_late is 'What of late_cost the key, or the balance, still had.';
comment on column credit_hold.late_at is 'When late_cost was said.';
