-- The windows in which a cluster was computed, with the name of the season of a window.
select
    known.window_key,
    seasons.name as season
from analytics.cluster_metrics as known
left join app.seasons on known.window_key = 'season:' || seasons.id
where
    known.cluster_id = %(cluster)s
    -- Windows of board runs exist only while the board is being ranked.
    and known.window_key not like 'run:%%'
order by known.window_key
