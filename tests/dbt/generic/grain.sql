{# The rows that repeat the grain that the YAML of a model states, or have a null in it.

   Where the table has a primary key on these columns, PostgreSQL makes sure of it, and
   no row is read.

   Usage: grain: {name: ..} #}
{% test grain(model) %}
{%- set grain = grain_of(model) %}
select
    {{ grain | join(', ') }},
    count(*) as repeated

from {{ model }}
where
    not exists (
        select from pg_index as indexes
        where
            indexes.indrelid = '{{ model }}'::regclass
            and indexes.indisprimary
            and indexes.indisvalid
            and {{ text_array(grain) }} = (
                select array_agg(columns.attname::text order by keys.place)
                from unnest(indexes.indkey) with ordinality as keys (attnum, place)
                inner join pg_attribute as columns
                    on
                        indexes.indrelid = columns.attrelid
                        and keys.attnum = columns.attnum
            )
    )
group by {{ grain | join(', ') }}
having count(*) > 1 or num_nulls({{ grain | join(', ') }}) > 0
{% endtest %}
