-- The facts behind a metric of a cluster in a window: the newest facts that count
-- behind an offset, one row for each reason for which rows are excluded, and one row
-- about all of them (part all). What counts without a natural key is no fact, but the
-- rounding of the value. Private facts, from Discord, are only part of the sum
-- unless sees_private is true; natural keys lack what identifies a wallet (addresses,
-- hashes of transactions and the places of logs) unless sees_wallets is true, and the
-- logs of facts are null. The facts of a row of evidence are the rows of the raw tables
-- that have the values of its natural key, at its instant where their tables have other
-- columns; origin is log where a log of one is known, file where none is, and several
-- where what the evidence names is no single fact.
with

evidence as materialized (
    select
        metric_evidence.*,
        metric_evidence.is_private and not %(sees_private)s as is_hidden,
        metric_evidence.natural_key is null
        and metric_evidence.passed_over is null as is_rounding
    from analytics.metric_evidence
    where
        metric_evidence.cluster_id = %(cluster)s
        and metric_evidence.window_key = %(window)s
        and metric_evidence.metric_source = %(metric_source)s
        and metric_evidence.metric_key = %(metric_key)s
),

facts as (
    select
        occurred_at,
        what,
        case
            when %(sees_wallets)s then natural_key
            else (
                select coalesce(jsonb_object_agg(columns.key, columns.value), '{}')
                from jsonb_each(evidence.natural_key) as columns
                where
                    columns.key <> 'log_index'
                    -- in whatever column it is: 40 digits are an address, 64 a hash
                    and columns.value #>> '{}' !~* '0x[0-9a-f]{40}'
            )
        end as natural_key,
        trim_scale(contribution) as contribution,
        row_number() over (
            order by occurred_at desc nulls last, contribution desc, natural_key asc
        ) as place
    from evidence
    where passed_over is null and not is_hidden and not is_rounding
    order by place
    limit %(limit)s offset %(offset)s
),

raw_facts as materialized (
    select distinct
        raw_table,
        occurred_at,
        is_of_logs,
        fact
    from analytics.supporting_facts
    where
        %(sees_wallets)s
        and cluster_id = %(cluster)s
        and raw_table = any(%(raw_tables)s::text[])
        and not is_price
),

key_columns as (
    select distinct jsonb_object_keys(natural_key) as key_column
    from facts
),

-- The columns of a natural key that a raw table has, and whether it has all of them.
tables as (
    select
        samples.raw_table,
        bool_and(samples.fact -> named.key_column is not null) as is_whole,
        array_agg(named.key_column) filter (
            where samples.fact -> named.key_column is not null
        ) as key_columns
    from (
        select distinct on (raw_table)
            raw_table,
            fact
        from raw_facts
        order by raw_table
    ) as samples
    cross join key_columns as named
    group by samples.raw_table
),

keyed as (
    select
        raw_facts.*,
        tables.is_whole,
        (
            select
                coalesce(
                    jsonb_object_agg(
                        columns.key_column, raw_facts.fact -> columns.key_column
                    ),
                    '{}'
                )
            from unnest(tables.key_columns) as columns (key_column)
        ) as natural_key
    from raw_facts
    inner join tables on raw_facts.raw_table = tables.raw_table
),

found as (
    select
        facts.place,
        keyed.raw_table,
        keyed.occurred_at,
        keyed.is_of_logs,
        keyed.fact,
        coalesce(keyed.occurred_at = facts.occurred_at, false) as is_at_its_time
    from facts
    cross join tables
    inner join keyed
        on
            tables.raw_table = keyed.raw_table
            and keyed.natural_key = (
                select
                    coalesce(
                        jsonb_object_agg(
                            columns.key_column, facts.natural_key -> columns.key_column
                        ),
                        '{}'
                    )
                from unnest(tables.key_columns) as columns (key_column)
            )
            and (keyed.is_whole or facts.occurred_at = keyed.occurred_at)
),

stated as (
    select
        found.place,
        known.chain_id,
        known.block_number,
        known.tx_hash,
        known.log_index,
        bool_or(found.is_of_logs) as is_of_logs,
        bool_or(found.is_at_its_time) as is_at_its_time,
        bool_or(known.is_named) as is_named
    from found
    left join
        lateral app.logs_of_fact(
            found.raw_table,
            case when found.is_of_logs then found.fact end,
            found.occurred_at
        ) as known
        on true
    group by
        found.place, known.chain_id, known.block_number, known.tx_hash,
        known.log_index
),

-- The first log is the one that the fact names, or the last one of its object.
logs as (
    select
        stated.place,
        bool_or(stated.is_of_logs) as is_of_logs,
        count(stated.chain_id) as number,
        (
            array_agg(
                jsonb_build_object(
                    'chain_id', stated.chain_id,
                    'chain', chains.name,
                    'block_number', stated.block_number,
                    'tx_hash', '0x' || encode(stated.tx_hash, 'hex'),
                    'log_index', stated.log_index,
                    'url',
                    chains.explorer_tx_url || '0x' || encode(stated.tx_hash, 'hex')
                )
                order by
                    stated.is_at_its_time desc,
                    stated.is_named desc,
                    stated.block_number desc,
                    stated.log_index desc
            ) filter (where stated.chain_id is not null)
        )[1] as log
    from stated
    left join analytics.chains on stated.chain_id = chains.chain_id
    group by stated.place
)

(
    select
        'fact' as part,
        facts.occurred_at,
        facts.what,
        facts.natural_key,
        facts.contribution,
        null::numeric as rounding,
        null as reason,
        1 as number,
        null::boolean as is_all,
        null::boolean as adds_up,
        case
            when not %(sees_wallets)s then null
            when logs.is_of_logs then 'log'
            when logs.place is not null then 'file'
            else 'several'
        end as origin,
        logs.log as first_log,
        greatest(logs.number - 1, 0) as further_logs
    from facts
    left join logs on facts.place = logs.place
    order by facts.place
)

union all

(
    select
        'excluded' as part,
        null as occurred_at,
        null as what,
        null as natural_key,
        null as contribution,
        null as rounding,
        passed_over as reason,
        count(*) as number,
        null as is_all,
        null as adds_up,
        null as origin,
        null as first_log,
        null as further_logs
    from evidence
    where passed_over is not null and not is_hidden
    group by passed_over
    order by count(*) desc, passed_over asc
)

union all

select
    'all' as part,
    null as occurred_at,
    null as what,
    null as natural_key,
    trim_scale(
        coalesce(sum(contribution) filter (where not is_rounding), 0)
    ) as contribution,
    trim_scale(
        coalesce(sum(contribution) filter (where is_rounding), 0)
    ) as rounding,
    null as reason,
    count(*) filter (
        where passed_over is null and not is_hidden and not is_rounding
    ) as number,
    coalesce(not bool_or(is_hidden), true) as is_all,
    -- values are kept with six decimals
    round(coalesce(sum(contribution), 0), 6) = %(value)s::numeric as adds_up,
    null as origin,
    null as first_log,
    null as further_logs
from evidence
