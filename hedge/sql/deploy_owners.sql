-- The owners of views of schema analytics, in the order of the names.
select
    named.name,
    pg_get_userbyid(relations.relowner) as owner_name
from unnest(%(names)s::text[]) with ordinality as named (name, place)
inner join pg_class as relations
    on
        named.name = relations.relname
        and relations.relnamespace = 'analytics'::regnamespace
        and relations.relkind = 'v'
order by named.place
