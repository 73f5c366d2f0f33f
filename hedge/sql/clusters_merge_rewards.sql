-- The rewards of two clusters, by number.
select
    reward_id,
    season_id,
    name,
    cluster_id,
    state,
    trim_scale(quantity) as quantity
from app.rewards
where cluster_id in (%(kept)s, %(absorbed)s)
order by reward_id
