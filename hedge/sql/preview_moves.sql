-- How many clusters move from which tier to which, by challenge, lowest tiers first.
select
    moves.challenge_key,
    moves.tier_before,
    moves.tier_after,
    count(*) as clusters
from preview_progress as moves
left join preview_tiers as tiers_before
    on
        moves.challenge_key = tiers_before.challenge_key
        and moves.tier_before = tiers_before.tier_code
left join preview_tiers as tiers_after
    on
        moves.challenge_key = tiers_after.challenge_key
        and moves.tier_after = tiers_after.tier_code
where moves.tier_before <> moves.tier_after
group by
    moves.challenge_key,
    moves.tier_before,
    moves.tier_after,
    tiers_before.place,
    tiers_after.place
order by
    moves.challenge_key,
    coalesce(tiers_before.place, 0),
    coalesce(tiers_after.place, 0)
