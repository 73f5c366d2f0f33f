-- Records the views of the deployed project. A view that it no longer has stays
-- recorded while it exists, because a later deploy may be able to drop it.
with

forgotten as (

    delete from app.deployed_views
    where
        name <> all(%(views)s)
        and to_regclass(format('analytics.%%I', name)) is null

)

insert into app.deployed_views (name)
select name
from unnest(%(views)s::text[]) as deployed (name)
on conflict (name) do nothing
