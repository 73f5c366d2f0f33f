-- How many clusters are on each tier of each challenge, and their share of all clusters
-- that have a value; NONE is below the lowest tier.
select
    progress.challenge_key,
    progress.tier,
    count(*) as clusters,
    round(
        count(*) / sum(count(*)) over (partition by progress.challenge_key), 6
    ) as share
from analytics.challenge_progress as progress
group by progress.challenge_key, progress.tier
