-- What a proof lists: logs, facts and prices, each once, in an order that depends on
-- nothing but them.
select
    (
        select
            coalesce(
                jsonb_agg(
                    logs.log order by
                        logs.log ->> 'chain_id', logs.log -> 'block_number',
                        logs.log -> 'log_index', logs.log ->> 'tx_hash'
                ),
                '[]'
            )
        from (select distinct log from pg_temp.proof_logs) as logs
    )::text as logs,
    coalesce(
        jsonb_agg(entries.entry order by entries.raw_table, entries.key)
        filter (where not entries.is_price),
        '[]'
    )::text as facts,
    coalesce(
        jsonb_agg(entries.entry order by entries.raw_table, entries.key)
        filter (where entries.is_price),
        '[]'
    )::text as prices
from (
    select
        facts.*,
        jsonb_build_object(
            'table', facts.raw_table, 'key', facts.key, 'fact', facts.fact
        ) as entry
    from pg_temp.proof_facts as facts
) as entries
