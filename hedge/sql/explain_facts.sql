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
            else app.without_wallets(natural_key)
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

key_columns as (
    select distinct jsonb_object_keys(natural_key) as key_column
    from facts
),

-- The columns of a natural key that a raw table has, and whether it has all of them.
tables as (
    select
        inputs.raw_table,
        bool_and(columns.attname is not null) as is_whole,
        array_agg(named.key_column) filter (
            where columns.attname is not null
        ) as key_columns
    from unnest(%(raw_tables)s::text[]) as inputs (raw_table)
    cross join key_columns as named
    inner join pg_class as relations
        on
            inputs.raw_table = relations.relname
            and relations.relnamespace = 'raw'::regnamespace
    left join pg_attribute as columns
        on relations.oid = columns.attrelid and named.key_column = columns.attname
    group by inputs.raw_table
),

wanted as materialized (
    select
        facts.place,
        facts.occurred_at,
        tables.raw_table,
        tables.is_whole,
        (
            select
                coalesce(
                    jsonb_object_agg(
                        columns.key_column, facts.natural_key -> columns.key_column
                    ),
                    '{}'
                )
            from unnest(tables.key_columns) as columns (key_column)
        ) as natural_key
    from facts
    cross join tables
),

-- What one row of these values asks for reaches the tables as a condition, so that no
-- other facts of the cluster become JSON; a join would not.
asked as materialized (
    select
        array_agg(distinct wanted.raw_table) filter (
            where wanted.is_whole
        ) as whole_tables,
        jsonb_object_agg(wanted.natural_key::text, true) as natural_keys,
        array_agg(wanted.occurred_at) as instants,
        array(
            select columns.attname::text
            from pg_class as relations
            inner join pg_attribute as columns on relations.oid = columns.attrelid
            where
                relations.relnamespace = 'raw'::regnamespace
                and relations.relname = any(%(raw_tables)s::text[])
                and columns.attname not in (
                    select key_columns.key_column from key_columns
                )
        ) as other_columns
    from wanted
),

raw_facts as materialized (
    select distinct
        raw_table,
        occurred_at,
        is_of_logs,
        named,
        fact,
        found_by
    from analytics.supporting_facts
    where
        %(sees_wallets)s
        and cluster_id = %(cluster)s
        and raw_table = any(%(raw_tables)s::text[])
        and not is_price
        and case
            when raw_table = any((select asked.whole_tables from asked)::text[])
                then
                    (select asked.natural_keys from asked)
                    ? (named - (select asked.other_columns from asked))::text
            else
                occurred_at
                = any((select asked.instants from asked)::timestamptz[])
        end
),

found as (
    select
        wanted.place,
        raw_facts.raw_table,
        raw_facts.occurred_at,
        raw_facts.is_of_logs,
        raw_facts.found_by,
        decode(substr(raw_facts.fact ->> 'tx_hash', 3), 'hex') as named_tx,
        (raw_facts.fact ->> 'log_index')::integer as named_index,
        coalesce(raw_facts.occurred_at = wanted.occurred_at, false) as is_at_its_time
    from wanted
    inner join raw_facts
        on
            wanted.raw_table = raw_facts.raw_table
            and raw_facts.named @> wanted.natural_key
            and (wanted.is_whole or wanted.occurred_at = raw_facts.occurred_at)
),

-- The logs of an object are read once, however many facts they state.
objects as (
    select
        raw_table,
        found_by,
        max(occurred_at) as occurred_at
    from found
    where is_of_logs
    group by raw_table, found_by
),

logs_of_objects as materialized (
    select
        known.*,
        objects.raw_table,
        objects.found_by
    from objects
    cross join
        lateral app.logs_of_fact(
            objects.raw_table, objects.found_by, objects.occurred_at
        ) as known
),

stated as (
    select
        pairs.place,
        pairs.chain_id,
        pairs.block_number,
        pairs.tx_hash,
        pairs.log_index,
        bool_or(pairs.is_of_logs) as is_of_logs,
        bool_or(pairs.is_at_its_time) as is_at_its_time,
        bool_or(pairs.is_named) as is_named
    from (
        select
            found.place,
            found.is_of_logs,
            found.is_at_its_time,
            known.chain_id,
            known.block_number,
            known.tx_hash,
            known.log_index,
            (known.tx_hash, known.log_index)
            = (found.named_tx, found.named_index) as is_named,
            -- what came after the log that a fact names does not state it
            max(known.block_number) filter (
                where known.tx_hash = found.named_tx
                and known.log_index = found.named_index
            ) over (
                partition by
                    found.place, found.raw_table, found.found_by, found.named_tx,
                    found.named_index
            ) as named_block
        from found
        left join logs_of_objects as known
            on
                found.is_of_logs
                and found.raw_table = known.raw_table
                and found.found_by = known.found_by
    ) as pairs
    where
        pairs.block_number is null
        or pairs.block_number <= coalesce(pairs.named_block, pairs.block_number)
    group by
        pairs.place, pairs.chain_id, pairs.block_number, pairs.tx_hash,
        pairs.log_index
),

-- What contracts answered where logs do not give a value.
called as (
    select
        found.place,
        jsonb_agg(
            jsonb_build_object(
                'chain_id', known.chain_id,
                'chain', chains.name,
                'contract', known.contract,
                'called_function', known.called_function,
                'argument', known.argument::text,
                'block_number', known.block_number,
                'columns', known.column_names
            )
            order by known.contract, known.called_function, known.block_number
        ) as calls
    from (
        select
            of_logs.raw_table,
            jsonb_agg(
                jsonb_build_object(
                    'fact', of_logs.found_by,
                    'chain_id', of_logs.chain_id,
                    'block_number', of_logs.block_number
                )
            ) as facts
        from (
            -- of a version, what is carried over from earlier comes before its own log
            select
                raw_table,
                found_by,
                chain_id,
                max(block_number) as block_number
            from logs_of_objects
            group by raw_table, found_by, chain_id
        ) as of_logs
        where
            of_logs.raw_table in (
                select calls.raw_table from analytics.chain_calls as calls
            )
        group by of_logs.raw_table
    ) as asked
    cross join lateral app.calls_of_facts(asked.raw_table, asked.facts) as known
    inner join found
        on asked.raw_table = found.raw_table and known.fact = found.found_by
    left join analytics.chains on known.chain_id = chains.chain_id
    where found.is_at_its_time
    group by found.place
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
                    stated.is_named desc nulls last,
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
        greatest(logs.number - 1, 0) as further_logs,
        called.calls
    from facts
    left join logs on facts.place = logs.place
    left join called on facts.place = called.place
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
        null as further_logs,
        null as calls
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
    null as further_logs,
    null as calls
from evidence
