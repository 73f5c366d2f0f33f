-- The ten clusters that move furthest in each challenge: by value, then by rungs.
select
    challenge_key,
    cluster_id,
    tier_before,
    tier_after,
    trim_scale(value_before) as value_before,
    trim_scale(value_after) as value_after
from (
    select
        *,
        row_number() over (
            partition by challenge_key
            order by
                abs(value_after - value_before) desc, abs(rungs_moved) desc, cluster_id
        ) as place
    from preview_progress
    where value_before <> value_after or tier_before <> tier_after
) as movers
where place <= 10
order by challenge_key, place
