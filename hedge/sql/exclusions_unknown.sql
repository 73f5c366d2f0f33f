-- What an exclusion names and does not exist, as kind and name; no row where all is
-- there. Metrics are those of a deploy, which a database may lack yet.
with known as (

    select
        'cluster' as kind,
        cluster_id as name
    from app.wallet_clusters
    where cluster_id = %(cluster_id)s

    union all

    select
        'board' as kind,
        key as name
    from app.leaderboard_defs

    union all

    select
        'season' as kind,
        id as name
    from app.seasons

)

select
    named.kind,
    named.name
from (
    values
    (1, 'cluster', %(cluster_id)s::text),
    (2, 'board', %(board_key)s::text),
    (3, 'season', %(season_id)s::text)
) as named (place, kind, name)
where
    named.name is not null
    and not exists (
        select from known
        where
            known.kind = named.kind
            and known.name = named.name
    )
order by named.place
limit 1
