-- Receipts are kept 90 days. Run by the owner of the tables, once a day; may be repeated and interrupted at will.
delete from revoked_key k using revocation r where r.id = k.revocation_id and r.revoked_at < now() - interval '90 days';
delete from revocation where revoked_at < now() - interval '90 days';
