-- What a proof lists: logs, facts and prices, each once, in an order that depends on
-- nothing but them.
select
    coalesce(
        (
            select
                jsonb_agg(
                    logs.log order by
                        logs.log ->> 'chain_id', logs.log -> 'block_number',
                        logs.log -> 'log_index', logs.log ->> 'tx_hash'
                )
            from (select distinct log from pg_temp.proof_logs) as logs
        ),
        '[]'
    )::text as logs,
    coalesce(
        (
            select
                jsonb_agg(
                    jsonb_build_object(
                        'table', facts.raw_table, 'key', facts.key, 'fact', facts.fact
                    )
                    order by facts.raw_table, facts.key
                )
            from pg_temp.proof_facts as facts
            where not facts.is_price
        ),
        '[]'
    )::text as facts,
    coalesce(
        (
            select
                jsonb_agg(
                    jsonb_build_object(
                        'table', facts.raw_table, 'key', facts.key, 'fact', facts.fact
                    )
                    order by facts.raw_table, facts.key
                )
            from pg_temp.proof_facts as facts
            where facts.is_price
        ),
        '[]'
    )::text as prices
