-- The facts of a cluster that a value of it rests on, from the temporary view
-- supporting, of the tables of proof_tables, each once, with its key and the part of it
-- by which its logs are found.
create temporary table proof_facts on commit drop as
with
table_keys as (
    select
        raw_tables.relname as raw_table,
        array_agg(attributes.attname::text order by attributes.attnum) as key_columns
    from pg_index as primary_keys
    inner join pg_class as raw_tables on primary_keys.indrelid = raw_tables.oid
    inner join pg_attribute as attributes
        on
            raw_tables.oid = attributes.attrelid
            and attributes.attnum = any(primary_keys.indkey)
    where primary_keys.indisprimary and raw_tables.relnamespace = 'raw'::regnamespace
    group by raw_tables.relname
)

select distinct
    supporting.raw_table,
    supporting.occurred_at,
    supporting.is_price,
    supporting.is_of_logs,
    supporting.fact,
    (
        select
            jsonb_object_agg(
                columns.key_column, supporting.fact -> columns.key_column
            )
        from unnest(table_keys.key_columns) as columns (key_column)
    ) as key,
    supporting.found_by
from pg_temp.supporting
inner join table_keys on supporting.raw_table = table_keys.raw_table
where
    supporting.cluster_id = %(cluster)s
    and supporting.raw_table in (
        select inputs.raw_table from pg_temp.proof_tables as inputs
    )
