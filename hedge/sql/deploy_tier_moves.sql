-- How many clusters a deploy moves up and down in the ladder of each challenge that both
-- the live project and the edited one have: the views progress_before, progress_after,
-- tiers_before and tiers_after.
with

moves as (

    select
        after.challenge_key,
        coalesce(new_tiers.sort_order, 0) - coalesce(old_tiers.sort_order, 0) as moved
    from progress_after as after
    inner join progress_before as before
        on
            after.cluster_id = before.cluster_id
            and after.challenge_key = before.challenge_key
    left join tiers_after as new_tiers
        on
            after.challenge_key = new_tiers.challenge_key
            and after.tier = new_tiers.tier_code
    left join tiers_before as old_tiers
        on
            before.challenge_key = old_tiers.challenge_key
            and before.tier = old_tiers.tier_code

)

select
    challenge_key,
    count(*) filter (where moved > 0) as clusters_up,
    count(*) filter (where moved < 0) as clusters_down,
    count(*) as clusters
from moves
group by challenge_key
order by challenge_key
