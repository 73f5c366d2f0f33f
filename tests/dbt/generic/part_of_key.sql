{# The rows with a null in a column of the grain.

   Where the table has a primary key with the column, PostgreSQL makes sure of it, and no row is
   read. `grain` says the same of all columns together; tools that count the tests of columns do not
   see it there.

   Usage: part_of_key: {name: ..} #}
{% test part_of_key(model, column_name) %}
select {{ grain_of(model) | join(', ') }}
from {{ model }}
where
    {{ column_name }} is null
    and not exists (
        select from pg_index as indexes
        inner join pg_attribute as columns
            on
                indexes.indrelid = columns.attrelid
                and columns.attnum = any(indexes.indkey)
        where
            indexes.indrelid = '{{ model }}'::regclass
            and indexes.indisprimary
            and indexes.indisvalid
            and columns.attname = '{{ column_name }}'
    )
{% endtest %}
