-- The environments with how many relations each has of its own, and their size in
-- bytes, that of its ledger included.
select
    environments.name,
    environments.owner,
    environments.clusters,
    environments.created_at,
    environments.last_used_at,
    (
        select count(*)
        from pg_class as relations
        where
            relations.relnamespace = to_regnamespace(environments.name)
            and relations.relkind in ('r', 'v')
    ) as models,
    (
        select coalesce(sum(pg_total_relation_size(relations.oid)), 0)::bigint
        from pg_class as relations
        where
            relations.relnamespace in (
                to_regnamespace(environments.name),
                to_regnamespace(environments.name || '_app')
            )
            and relations.relkind = 'r'
    ) as size
from app.environments() as environments
order by environments.name
