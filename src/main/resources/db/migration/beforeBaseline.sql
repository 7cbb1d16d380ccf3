-- Before a database gets its first version: only one of 0.2.0 (V1 to V15) is taken over. Flyway runs this before "baseline"; by hand,
-- run it before V16. It changes nothing. What a database has besides ours is not looked at.
do
$$
declare
    wrong text;
begin
    with expected (kind, name, digest) as (values
        ('table', 'account', 'ee6d2f5a9e76bc4aff2ff5370aa00df3'),
        ('table', 'account_top_up', '77979117c6f735fde17d6bcf10fee0dc'),
        ('table', 'alert_result', '49fc1aff1f5a82d492c33ad5cf652cca'),
        ('table', 'burnt_secret', '40314dc4d0548d4d12a973db516edc65'),
        ('table', 'created_key', '89877920f83348e05a6c8474fbc0f0e0'),
        ('table', 'credit_hold', '59657ef1b3e31d42f767c80cb896c623'),
        ('table', 'found_key', '4fbf969b36af245a75c95dc14c32e6c6'),
        ('table', 'key_change', '32d3b58361bcee533074dc3ed57dfbc2'),
        ('table', 'key_switch', 'b94ae992b5c78ba2cc03781440bfecee'),
        ('table', 'proxy_key', 'dab7c67137e3decda3c0d5ca9e29daab'),
        ('table', 'rate_limit', 'ad3249fa3da2e8fdb777980cb0168a76'),
        ('table', 'recreated_key', '96c1f5137f0cd932adea24376b294ffa'),
        ('table', 'request_result', 'e55197c17f1f16013053856e41d6dcf1'),
        ('table', 'revocation', '6bbea375e910b11b5d8ca4ee0feffb64'),
        ('table', 'revocation_result', 'dfbd7b195363797c03ee333188eee81a'),
        ('table', 'revoked_key', 'd350c8af384d8132f3f2ae1481b4d71d'),
        ('function', 'alert_result_of', '954f51958968d9168beef9ed02bb4573'),
        ('function', 'announce_key_change', '12086af92e8738e7c1874f388796a510'),
        ('function', 'as_inet', 'f94c49066a0c597c0900b15d477eecea'),
        ('function', 'block_left', '169cfe9d2b21db105a046fcaf705ecf2'),
        ('function', 'burn_secret', '895d5b90b9d82660b74486eec3d12fbc'),
        ('function', 'carry_out_alert', 'bfe142b29b6279166d9a075818b7605a'),
        ('function', 'carry_out_revocation', 'fc982a189ebc03e9dec61cb7469dbc53'),
        ('function', 'count_newer_keys', '4865a1e402aee03fc4c80c754ba8b6e2'),
        ('function', 'create_account', '759e89596c827e5f9252f1c4cbcb0ab7'),
        ('function', 'create_proxy_key', 'e97c6e76fa8fc1a06b11278ac8645c25'),
        ('function', 'delete_proxy_keys', '2eda3ecb0c058601286ccad6e9de43c9'),
        ('function', 'earlier_revocation', '29ef20e20b2ad3bfe38e8bd7eb5fcadf'),
        ('function', 'find_proxy_key', '2092829f88c9f922ac4967e760a42de2'),
        ('function', 'hold_credits', 'f64a5efc007f4b54af9ac42697146ce8'),
        ('function', 'ip_covered', '004c0c483c4616c160c5a16adeac9b32'),
        ('function', 'is_repeat', '0c56ee223fb67bd53dab68552bc07589'),
        ('function', 'listed_seconds', '771e28f105d56aed1e79bb0b18552c63'),
        ('function', 'lock_account', 'a148d8417a8484343067fa6d71f23cea'),
        ('function', 'lock_account_for_change', '68a8742129368f2128d8977610a8de16'),
        ('function', 'lock_account_of_key', 'b47ad67cf00181844af1b7a3655165d8'),
        ('function', 'look_up_proxy_key', '0e4819142af75f200771ae04c4120d99'),
        ('function', 'note_holds', '14e4162f6a0436e8cdbbaa31324a1bb5'),
        ('function', 'owner_in_receipts', '6acc61c20fff21d009bad4660af52645'),
        ('function', 'proxy_key_selected', '8b7985e9d7d2394bf3adedf6259a9027'),
        ('function', 'purge_receipts', 'd53b7b34d91446c34cbcd4eb64518409'),
        ('function', 'recreate_proxy_keys', '7f7afa223042075c5f4658dd538f864d'),
        ('function', 'recreated_keys', 'df5a3ad80213cfc795a2694a726259d4'),
        ('function', 'recreated_outcome', '2af09b678e146e41452ceef38c0a815c'),
        ('function', 'refuse_blocked_key', 'ddab9d3bf343b86044a98296fadd3cb8'),
        ('function', 'refuse_burnt_secret', 'ce22341b4e196e4f9e618a8d054cf325'),
        ('function', 'release_expired_holds', '51f85d3991268048615e9da7709810a6'),
        ('function', 'release_holds', '4114c0eab40bfb61b9779f9ffc53d0e3'),
        ('function', 'revoke_proxy_keys', '14ffae77da1a4d1cad8f54032952316f'),
        ('function', 'seconds_to_wait', 'ee411d2c365927f76b8d83370767ef4b'),
        ('function', 'set_transaction_promises', '65f0cb853fd9fabd33d34879f3058f3c'),
        ('function', 'settle_hold', '8fc7d1a12db5831d8b2f9cc9bd7ad9f7'),
        ('function', 'some_deleted_keys', '3e2e3356e421ef2af884de4074a4ad23'),
        ('function', 'spend_credits', '25748d94997d7a87dcdf347fd36f6e8a'),
        ('function', 'switch_proxy_key', 'c50d697825a4582c91bd0bf5bced9cf3'),
        ('function', 'take_token', '6c268d76cd1335b22b2f2de9ba29d85a'),
        ('function', 'time_of_creation', 'a5e0ac28afc7c87c65a42d56e34dc24d'),
        ('function', 'toggle_proxy_key', '7800292160e6c77a28c8a5da05cd24b3'),
        ('function', 'top_up', '1308e51b851f9c866b156b00e5ebe5d4'),
        ('function', 'update_account', 'c968842a98001ce2811c90b98d0c6d2b'),
        ('function', 'update_proxy_key', '1ad936803d6438dd15e15a6f47aa3548'),
        ('function', 'widens_ip_whitelist', 'c22b3e92cfd24e7f25eed49d53b74ad6'),
        ('function', 'widens_whitelist', '6b1721c3a8be4b21ceb9f8d3214b45f6'),
        ('function', 'write_alert_receipt', '3cff66a9ffd7b22955fc2082b4820392'),
        ('function', 'write_receipt', 'c40efe3e9ff35909afdb4e4a8f085290')
    ), catalogue (kind, name, what) as (
        select 'table' as kind, c.relname::text as name,
               format('column %s %s %s', a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull) as what
          from pg_class c join pg_attribute a on a.attrelid = c.oid
         where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'c') and a.attnum > 0 and not a.attisdropped
        union all
        select 'table', c.relname, format('constraint %s %s', o.conname, o.contype)
          from pg_class c join pg_constraint o on o.conrelid = c.oid
         where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r' and o.contype <> 'n'
        union all
        select 'table', c.relname, format('index %s', i.indexrelid::regclass)
          from pg_class c join pg_index i on i.indrelid = c.oid
         where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r' and i.indisvalid
        union all
        select 'table', c.relname, format('trigger %s', t.tgname)
          from pg_class c join pg_trigger t on t.tgrelid = c.oid
         where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r' and not t.tgisinternal
        union all
        select 'function', p.proname, format('%s %s', pg_get_function_identity_arguments(p.oid), md5(p.prosrc))
          from pg_proc p where p.pronamespace = current_schema()::regnamespace
    ), found (kind, name, digest) as (
        select kind, name, md5(string_agg(what, E'\n' order by what collate "C")) from catalogue group by kind, name
    )
    select string_agg(format('%s %s %s', e.kind, e.name, case when f.name is null then 'is missing' else 'is another' end), ', '
                      order by e.kind desc, e.name)
      into wrong
      from expected e left join found f on f.kind = e.kind and f.name = e.name
     where f.digest is distinct from e.digest;
    if wrong is not null then
        raise exception 'this is not a database of 0.2.0 (V1 to V15), and stays as it is: %', wrong;
    end if;
end
$$;
