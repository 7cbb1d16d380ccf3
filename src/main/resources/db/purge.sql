-- Receipts are kept 90 days. Run by the owner of the tables, once a day. One statement: receipts and their keys go together.
with old as (
    delete from revocation where revoked_at < now() - interval '90 days' returning id
)
delete from revoked_key k using old where k.revocation_id = old.id;
