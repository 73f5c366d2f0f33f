-- The raw tables that have other columns than their copies.
with columns_of as (
    select
        attrelid,
        array_agg(
            format('%s %s', attname, format_type(atttypid, atttypmod))
            order by attname
        ) as columns
    from pg_attribute
    where attnum > 0 and not attisdropped
    group by attrelid
)

select distinct copied.table_name
from app.copied_tables as copied
cross join lateral app.places_of_copies(copied.table_name) as places
left join columns_of as facts
    on format('raw.%I', copied.table_name)::regclass = facts.attrelid
left join columns_of as copies
    on to_regclass(places.copies) = copies.attrelid
where facts.columns is distinct from copies.columns
order by copied.table_name
