-- The names of all boards or seasons, or of clusters that begin as a wrong name does.
select name
from (
    select
        'board' as kind,
        key as name
    from app.leaderboard_defs

    union all

    select
        'season' as kind,
        id as name
    from app.seasons

    union all

    -- an index finds them; so many are compared at most
    (
        select
            'cluster' as kind,
            cluster_id as name
        from app.wallet_clusters
        where starts_with(cluster_id, left(%(name)s, 3))
        order by cluster_id
        limit 2000
    )
) as known
where kind = %(kind)s
order by name
