-- The windows in which a cluster was computed, with the name of the season of a window;
-- those of draft seasons where drafts are asked for.
select
    known.window_key,
    seasons.name as season
from analytics.cluster_metrics as known
left join app.seasons on known.window_key = 'season:' || seasons.id
where
    known.cluster_id = %(cluster)s
    -- Windows of board runs exist only while the board is being ranked.
    and known.window_key not like 'run:%%'
    and (
        %(drafts)s
        or not exists (
            select from app.seasons as drafts
            where
                drafts.state = 'draft'
                and known.window_key
                in ('season:' || drafts.id, 'season:' || drafts.id || ':baseline')
        )
    )
order by known.window_key
