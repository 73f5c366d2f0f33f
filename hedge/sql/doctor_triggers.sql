-- Raw tables and their partitions whose changes are not noted, and triggers that are
-- switched off, which do nothing.
with

parts as (

    select
        table_name,
        table_id as part
    from app.fact_tables
    union
    select
        facts.table_name,
        tree.relid as part
    from app.fact_tables as facts
    cross join lateral pg_partition_tree(facts.table_id) as tree

)

select
    format(
        '%s has not the triggers that note its changes', parts.part::regclass
    ) as finding
from parts
where
    not app.is_watched(parts.part)
    or parts.table_name not in (
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
