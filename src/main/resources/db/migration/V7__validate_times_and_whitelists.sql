-- Cleans what was written between V5 and V6, and looks at every row. The tables can be read and written at the same time (SHARE UPDATE EXCLUSIVE).

select clean_odd_times_and_whitelists();

alter table revocation validate constraint revocation_revoked_at_told;
alter table proxy_key validate constraint proxy_key_expires_at_told;
alter table proxy_key validate constraint proxy_key_last_used_told;
alter table proxy_key validate constraint proxy_key_whitelists_flat;
alter table revoked_key validate constraint revoked_key_expires_at_told;
alter table revoked_key validate constraint revoked_key_created_at_told;
alter table revoked_key validate constraint revoked_key_last_used_told;
alter table revoked_key validate constraint revoked_key_whitelists_flat;

drop function clean_odd_times_and_whitelists();
