-- What an exclusion names and does not exist, as kind and name; no row where all is
-- there.
with known as (

    select
        'cluster' as kind,
        cluster_id as name
    from app.wallet_clusters
    where cluster_id = %(cluster_id)s

    union all

    select
        'metric' as kind,
        metric_source || '.' || metric_key as name
    from analytics.metrics

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
    (2, 'metric', %(metric)s::text),
    (3, 'board', %(board_key)s::text),
    (4, 'season', %(season_id)s::text)
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
