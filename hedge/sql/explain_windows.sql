-- The windows in which a cluster was computed, and the name of the season that one is
-- of.
select
    known.window_key,
    seasons.name as season
from analytics.cluster_metrics as known
left join app.seasons on known.window_key = 'season:' || seasons.id
where
    known.cluster_id = %(cluster)s
    -- of a board, and there only for the while
    and known.window_key not like 'run:%%'
order by known.window_key
