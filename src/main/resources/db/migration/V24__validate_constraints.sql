-- Reads the rows that were there before V18, V21 and V22, while others write.
alter table proxy_key validate constraint proxy_key_previous_secret_ends;
alter table credit_hold validate constraint credit_hold_charged_late;
alter table revocation validate constraint revocation_operation_known;
