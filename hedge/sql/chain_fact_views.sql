-- The views facts_of_TABLE with their columns, the columns that identify the object of
-- which several logs make a fact (empty: each log is a fact), the topics of the events
-- that their decoders read, the raw tables that they read beside logs and blocks, the
-- calls that supply values, and a hash of all that their facts are made of.
with recursive
fact_views as (
    select
        relations.oid as view_id,
        substr(relations.relname, length('facts_of_') + 1) as table_name
    from pg_class as relations
    where
        relations.relnamespace = to_regnamespace('analytics')
        and relations.relkind = 'v'
        and relations.relname like 'facts\_of\_%'
),

-- what each view reads, itself included
parts as (
    select
        fact_views.table_name,
        'pg_class'::regclass as catalog_id,
        fact_views.view_id as part_id
    from fact_views

    union

    select
        parts.table_name,
        uses.refclassid as catalog_id,
        uses.refobjid as part_id
    from parts
    inner join pg_rewrite as rules
        on
            parts.catalog_id = 'pg_class'::regclass
            and parts.part_id = rules.ev_class
    inner join pg_depend as uses
        on
            rules.oid = uses.objid
            and uses.classid = 'pg_rewrite'::regclass
            and uses.refclassid in ('pg_class'::regclass, 'pg_proc'::regclass)
),

described as (
    select
        parts.table_name,
        relations.relname as name,
        relations.relkind as kind,
        case relations.relkind
            when 'v' then pg_get_viewdef(relations.oid)
            else app.hash_of_rows(relations.oid)
        end as body
    from parts
    inner join pg_class as relations
        on
            parts.catalog_id = 'pg_class'::regclass
            and parts.part_id = relations.oid
    where relations.relnamespace = to_regnamespace('analytics')

    union all

    select
        parts.table_name,
        procs.oid::regprocedure::text as name,
        'f' as kind,
        pg_get_functiondef(procs.oid) as body
    from parts
    inner join pg_proc as procs
        on
            parts.catalog_id = 'pg_proc'::regclass
            and parts.part_id = procs.oid
    where
        procs.pronamespace in (
            to_regnamespace('analytics'), to_regnamespace('app')
        )

    union all

    select
        calls.raw_table as table_name,
        calls.column_name as name,
        'c' as kind,
        to_jsonb(calls)::text as body
    from analytics.chain_calls as calls
),

hashed as (
    select
        table_name,
        md5(
            string_agg(
                concat_ws(E'\n', name, body), E'\n' order by name, kind
            )
        ) as definition
    from described
    group by table_name
)

select
    fact_views.table_name,
    hashed.definition,
    array(
        select attributes.attname::text
        from pg_attribute as attributes
        where
            attributes.attrelid = fact_views.view_id
            and attributes.attnum > 0
            and not attributes.attisdropped
        order by attributes.attnum
    ) as view_columns,
    coalesce(string_to_array(fed.object, '|'), '{}') as object_columns,
    array(
        select distinct decode(substr(events.topic0, 3), 'hex')
        from analytics.chain_events as events
        inner join described
            on
                events.decoder = described.name
                and described.table_name = fact_views.table_name
        where described.kind = 'v'
    ) as topics,
    array(
        select distinct relations.relname::text
        from parts
        inner join pg_class as relations
            on
                parts.catalog_id = 'pg_class'::regclass
                and parts.part_id = relations.oid
        where
            parts.table_name = fact_views.table_name
            and relations.relnamespace = to_regnamespace('raw')
            and relations.relname not in ('chain_logs', 'chain_blocks')
    ) as read_tables,
    array(
        select
            -- a project that was deployed before an upgrade does not have all of them
            jsonb_build_object(
                'column_name', calls.column_name,
                'contract', calls.contract,
                'called_function', calls.called_function,
                'argument_column', calls.argument_column,
                'result_word', coalesce(calls.result_word, 0),
                'result_type', coalesce(to_jsonb(calls) ->> 'result_type', 'number'),
                'meaning', to_jsonb(calls) ->> 'meaning',
                'is_of_block',
                coalesce((to_jsonb(calls) ->> 'changes')::boolean, false)
            )
        from analytics.chain_calls as calls
        where calls.raw_table = fact_views.table_name
        order by calls.column_name
    ) as calls
from fact_views
inner join hashed on fact_views.table_name = hashed.table_name
inner join analytics.chain_fact_tables as fed
    on fact_views.table_name = fed.raw_table
order by fact_views.table_name
