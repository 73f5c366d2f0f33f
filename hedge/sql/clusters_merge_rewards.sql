-- The rewards of two clusters, by number.
select
    reward_id,
    season_id,
    name,
    trim_scale(quantity) as quantity,
    cluster_id,
    state
from app.rewards
where cluster_id in (%(kept)s, %(absorbed)s)
order by reward_id
