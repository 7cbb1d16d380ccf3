-- Receipts and settled holds are kept 90 days. The stack calls this function on a schedule (template.yaml, MaintenanceRule);
-- without the stack, run this file once a day by a login that is a member of proxy_keys_function, outside a transaction.
-- Each batch is committed for itself: also a large backlog keeps nobody waiting.
do
$$
begin
    while purge_receipts() > 0 loop
        commit;
    end loop;
end
$$;
