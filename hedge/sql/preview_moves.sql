-- How many clusters move from which tier to which, per challenge, lowest tiers first.
select
    moves.challenge_key,
    moves.tier_before,
    moves.tier_after,
    count(*) as clusters
from preview_progress as moves
left join preview_rungs as rung_before
    on
        moves.challenge_key = rung_before.challenge_key
        and moves.tier_before = rung_before.tier_code
left join preview_rungs as rung_after
    on
        moves.challenge_key = rung_after.challenge_key
        and moves.tier_after = rung_after.tier_code
where moves.tier_before <> moves.tier_after
group by
    moves.challenge_key,
    moves.tier_before,
    moves.tier_after,
    rung_before.place,
    rung_after.place
order by
    moves.challenge_key,
    coalesce(rung_before.place, 0),
    coalesce(rung_after.place, 0)
