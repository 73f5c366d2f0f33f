-- How many clusters a deploy moves up and down in the ladder of each challenge that
-- both the live project and the edited one have: the views progress_before,
-- progress_after, tiers_before and tiers_after.
with

moves as (

    select
        found.challenge_key,
        coalesce(new_tiers.sort_order, 0) - coalesce(old_tiers.sort_order, 0) as moved
    from progress_after as found
    inner join progress_before as known
        on
            found.cluster_id = known.cluster_id
            and found.challenge_key = known.challenge_key
    left join tiers_after as new_tiers
        on
            found.challenge_key = new_tiers.challenge_key
            and found.tier = new_tiers.tier_code
    left join tiers_before as old_tiers
        on
            known.challenge_key = old_tiers.challenge_key
            and known.tier = old_tiers.tier_code

)

select
    challenge_key,
    count(*) filter (where moved > 0) as clusters_up,
    count(*) filter (where moved < 0) as clusters_down,
    count(*) as clusters
from moves
group by challenge_key
order by challenge_key
