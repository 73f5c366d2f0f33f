-- The migrations of this version of Hedge that the database lacks, oldest first.
select name
from unnest(%(migrations)s::text[]) as known (name)
where name not in (select migration_id from hedge_migrations._yoyo_migration)
order by name
