-- How many clusters are on each tier of a challenge, and their share of all clusters
-- that have a value, as the last count of progress found it; NONE is below the lowest
-- tier.
select
    counts.tier_code as tier,
    sum(counts.clusters) as clusters,
    round(sum(counts.clusters) / sum(sum(counts.clusters)) over (), 6) as share
from app.value_counts as counts
where counts.challenge_key = %(challenge)s
group by counts.tier_code
