-- The metrics by which a board ranks, the first one first.
select ranked_by.metric_source || '.' || ranked_by.metric_key as metric
from app.board_ordering_keys as ranked_by
where ranked_by.leaderboard_key = %(key)s
order by ranked_by.position
