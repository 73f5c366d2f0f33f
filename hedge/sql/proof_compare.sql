-- Where this database differs from a proof in its logs, facts and prices: what is
-- compared, what it is about, and how. Logs of files have no block hash, which is then
-- compared with nothing.
with
proved_logs as (
    select one.log
    from jsonb_array_elements(%(logs)s::jsonb) as one (log)
),

logs_here as (
    select
        proved_logs.log,
        known.tx_hash is not null as is_stored,
        known.removed_at is not null as is_removed,
        app.log_as_json(known)
        || jsonb_build_object(
            'block_hash',
            coalesce(
                '0x' || encode(known.block_hash, 'hex'),
                proved_logs.log ->> 'block_hash'
            )
        ) as of_here
    from proved_logs
    left join
        lateral (
            select logs.* from raw.chain_logs as logs
            where
                logs.tx_hash = decode(substr(proved_logs.log ->> 'tx_hash', 3), 'hex')
                and logs.log_index = (proved_logs.log ->> 'log_index')::integer
                and logs.chain_id = (proved_logs.log ->> 'chain_id')::integer
            order by logs.removed_at is null desc, logs.removed_at desc
            limit 1
        ) as known
        on true
),

differing_logs as (
    select
        'log' as kind,
        format(
            'chain %%s, transaction %%s, log %%s',
            logs_here.log ->> 'chain_id',
            logs_here.log ->> 'tx_hash',
            logs_here.log ->> 'log_index'
        ) as subject,
        case
            when not logs_here.is_stored then 'is missing here'
            when logs_here.is_removed
                then 'is in a block that is not canonical here'
            else 'differs in ' || (
                select string_agg(parts.key, ', ' order by parts.key)
                from jsonb_each(logs_here.of_here) as parts
                where
                    parts.value is distinct from logs_here.log -> parts.key
                    and logs_here.log -> parts.key <> 'null'
            )
        end as difference
    from logs_here
),

other_logs as (
    select distinct
        'log' as kind,
        format(
            'chain %%s, transaction %%s, log %%s', here.log ->> 'chain_id',
            here.log ->> 'tx_hash', here.log ->> 'log_index'
        ) as subject,
        'is here and not in the proof' as difference
    from pg_temp.proof_logs as here
    where
        not exists (
            select from proved_logs
            where
                (
                    proved_logs.log -> 'chain_id', proved_logs.log -> 'tx_hash',
                    proved_logs.log -> 'log_index'
                ) = (
                    here.log -> 'chain_id', here.log -> 'tx_hash',
                    here.log -> 'log_index'
                )
        )
),

-- facts and prices, by their keys
proved_facts as (
    select
        entries.is_price,
        entries.entry ->> 'table' as raw_table,
        entries.entry -> 'key' as key,
        entries.entry -> 'fact' as fact
    from (
        select
            false as is_price,
            jsonb_array_elements(%(facts)s::jsonb) as entry
        union all
        select
            true as is_price,
            jsonb_array_elements(%(prices)s::jsonb) as entry
    ) as entries
),

differing_facts as (
    select
        case
            when coalesce(proved_facts.is_price, here.is_price) then 'price'
            else 'fact'
        end as kind,
        concat_ws(
            ' ', coalesce(proved_facts.raw_table, here.raw_table),
            coalesce(proved_facts.key, here.key)
        ) as subject,
        case
            when here.key is null then 'is missing here'
            when proved_facts.key is null then 'is here and not in the proof'
            else
                'differs in ' || (
                    select string_agg(columns.key, ', ' order by columns.key)
                    from
                        jsonb_object_keys(here.fact || proved_facts.fact)
                            as columns (key)
                    where
                        here.fact -> columns.key
                        is distinct from proved_facts.fact -> columns.key
                )
        end as difference
    from proved_facts
    full join pg_temp.proof_facts as here
        on
            proved_facts.raw_table = here.raw_table
            and proved_facts.key = here.key
            and proved_facts.is_price = here.is_price
)

select * from differing_logs
where difference is not null
union all
select * from other_logs
union all
select * from differing_facts
where difference is not null
order by kind desc, subject asc
