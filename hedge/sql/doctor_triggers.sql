-- Raw tables and their partitions whose changes are not noted, and triggers that are
-- switched off, which do nothing.
with

raw_tables as (

    select
        pg_class.oid as relation,
        pg_class.relname
    from pg_class
    where
        pg_class.relnamespace = 'raw'::regnamespace
        and pg_class.relkind in ('r', 'p')
        and not pg_class.relispartition
        and pg_class.relname not in (
            'rejected_rows', 'removed_facts', 'left_out_heroes', 'left_out_pets'
        )

),

parts as (

    select
        raw_tables.relname,
        raw_tables.relation as part
    from raw_tables
    union
    select
        raw_tables.relname,
        tree.relid as part
    from raw_tables
    cross join lateral pg_partition_tree(raw_tables.relation) as tree

)

select
    format(
        '%s has not the triggers that note its changes', parts.part::regclass
    ) as finding
from parts
where
    not app.is_watched(parts.part)
    or parts.relname not in (
        select watched.table_name from app.watched_tables as watched
    )
union all
select
    format(
        'the trigger %s of %s is switched off',
        pg_trigger.tgname,
        pg_trigger.tgrelid::regclass
    ) as finding
from pg_trigger
inner join pg_class on pg_trigger.tgrelid = pg_class.oid
where
    pg_class.relnamespace in ('raw'::regnamespace, 'app'::regnamespace)
    and pg_trigger.tgenabled = 'D'
    and pg_trigger.tgname not like 'note\_%'
order by finding
