-- Those of these schemas that hold a relation or a function.
with

contents as (

    select relnamespace as schema_id
    from pg_class
    union
    select pronamespace as schema_id
    from pg_proc

)

select wanted.schema_name
from unnest(%(schemas)s::text[]) with ordinality as wanted (schema_name, place)
inner join contents on to_regnamespace(wanted.schema_name) = contents.schema_id
order by wanted.place
