-- What an exclusion names and does not exist, as kind and name; no row where all exists.
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
    and case named.kind
        when 'cluster' then named.name not in (
            select clusters.cluster_id from app.wallet_clusters as clusters
        )
        when 'metric' then named.name not in (
            select known.metric_source || '.' || known.metric_key
            from analytics.metrics as known
        )
        when 'board' then named.name not in (
            select defs.key from app.leaderboard_defs as defs
        )
        else named.name not in (select seasons.id from app.seasons as seasons)
    end
order by named.place
limit 1
