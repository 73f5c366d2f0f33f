-- The buckets, and with the number 0 what is in none: how many clusters are assigned to
-- each, and the numbers of its facts and of the rows of its marts, as they were
-- estimated last.
with places as (
    select
        buckets.bucket,
        'bucket_' || buckets.bucket as schema_name
    from app.buckets

    union all

    select
        0 as bucket,
        null as schema_name
    where exists (select from app.buckets)
),

held as (
    select
        places.bucket,
        relations.relname like 'raw\_%' as is_of_facts,
        greatest(relations.reltuples, 0)::bigint as estimated
    from places
    inner join pg_namespace as namespaces on places.schema_name = namespaces.nspname
    inner join pg_class as relations
        on namespaces.oid = relations.relnamespace and relations.relkind = 'r'

    union all

    select
        0 as bucket,
        true as is_of_facts,
        greatest(relations.reltuples, 0)::bigint as estimated
    from app.bucket_tables as raw_tables
    inner join pg_class as relations
        on
            relations.relnamespace = 'raw'::regnamespace
            and raw_tables.table_name = relations.relname
)

select
    places.bucket,
    (
        select count(*) from app.cluster_buckets as placed
        where placed.bucket = places.bucket
    ) as clusters,
    coalesce(sum(held.estimated) filter (where held.is_of_facts), 0)::bigint
        as facts,
    coalesce(sum(held.estimated) filter (where not held.is_of_facts), 0)::bigint
        as mart_rows
from places
left join held on places.bucket = held.bucket
group by places.bucket
order by places.bucket
