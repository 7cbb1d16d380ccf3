-- Receipts can be read one after the other without missing one.
--
-- revoked_at is not the order in which receipts appear: of two revocations of different accounts the later one may be committed
-- first, and who reads by revoked_at passes over the other. The transaction's number does not have that trouble, together with
-- pg_snapshot_xmin(pg_current_snapshot()): every transaction below that has ended, so what is not there then never will be.
-- src/docs/operations.md has the query.
--
-- One value for all rows that are there, so the table is not rewritten. Revocations wait until the index is made: about a second for
-- a million receipts. As in V10 it gives up if it does not get the table within 3 s, and is then applied again.
do
$$
begin
    perform set_config('lock_timeout', '3s', true);
    alter table revocation add column transaction_id xid8 not null default pg_current_xact_id();
    create index revocation_in_order on revocation (transaction_id, id);
end
$$;

comment on column revocation.transaction_id is
    'The transaction that wrote the receipt. With pg_snapshot_xmin(pg_current_snapshot()) it is a cursor that misses none.';
