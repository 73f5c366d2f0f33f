-- The differences between before_* and after_*, the temporary views over both sides, as
-- temporary tables. Of the side before, renamed_* have the names after the edit.

-- The place of each tier in its ladder: after the edit, or before it where the edit
-- removes the tier.
create temporary table preview_tiers as
select
    coalesce(after_tiers.challenge_key, before_tiers.challenge_key) as challenge_key,
    coalesce(after_tiers.tier_code, before_tiers.tier_code) as tier_code,
    coalesce(after_tiers.sort_order, before_tiers.sort_order) as place
from renamed_challenge_tiers as before_tiers
full join after_challenge_tiers as after_tiers
    on
        before_tiers.challenge_key = after_tiers.challenge_key
        and before_tiers.tier_code = after_tiers.tier_code;

create temporary table preview_challenges as
select
    coalesce(after_challenges.key, before_challenges.key) as challenge_key,
    coalesce(after_challenges.name, before_challenges.name) as challenge,
    coalesce(after_metrics.unit, before_metrics.unit) as unit,
    coalesce(after_challenges.sort_order, before_challenges.sort_order) as sort_order,
    coalesce(after_categories.sort_order, before_categories.sort_order)
        as category_order
from renamed_challenges as before_challenges
full join after_challenges on before_challenges.key = after_challenges.key
left join before_categories on before_challenges.category_key = before_categories.key
left join after_categories on after_challenges.category_key = after_categories.key
left join renamed_metrics as before_metrics
    on
        before_challenges.metric_source = before_metrics.metric_source
        and before_challenges.metric_key = before_metrics.metric_key
left join after_metrics
    on
        after_challenges.metric_source = after_metrics.metric_source
        and after_challenges.metric_key = after_metrics.metric_key;

-- The clusters and challenges whose progress changes. A row that one side lacks counts
-- as the value 0 and the tier NONE.
create temporary table preview_progress as
with

progress as (

    select
        coalesce(after_progress.cluster_id, before_progress.cluster_id) as cluster_id,
        coalesce(
            after_progress.challenge_key, before_progress.challenge_key
        ) as challenge_key,
        coalesce(before_progress.value, 0) as value_before,
        coalesce(after_progress.value, 0) as value_after,
        coalesce(before_progress.tier, 'NONE') as tier_before,
        coalesce(after_progress.tier, 'NONE') as tier_after,
        coalesce(before_progress.rolling_value, 0) as rolling_before,
        coalesce(after_progress.rolling_value, 0) as rolling_after,
        coalesce(before_progress.rolling_tier, 'NONE') as rolling_tier_before,
        coalesce(after_progress.rolling_tier, 'NONE') as rolling_tier_after
    from renamed_challenge_progress as before_progress
    full join after_challenge_progress as after_progress
        on
            before_progress.cluster_id = after_progress.cluster_id
            and before_progress.challenge_key = after_progress.challenge_key

)

select
    progress.*,
    coalesce(tiers_after.place, 0) - coalesce(tiers_before.place, 0) as tiers_moved
from progress
left join preview_tiers as tiers_before
    on
        progress.challenge_key = tiers_before.challenge_key
        and progress.tier_before = tiers_before.tier_code
left join preview_tiers as tiers_after
    on
        progress.challenge_key = tiers_after.challenge_key
        and progress.tier_after = tiers_after.tier_code
where
    (
        progress.value_before,
        progress.tier_before,
        progress.rolling_before,
        progress.rolling_tier_before
    )
    is distinct from (
        progress.value_after,
        progress.tier_after,
        progress.rolling_after,
        progress.rolling_tier_after
    );

-- What the edit does to unlocks, of the tiers that one side alone reaches:
-- won          the next run hands it out, because no unlock of it stands
-- withheld     the next run would hand it out, and with the edit it does not
-- not reached  it stands and stays, and with the edit it would not have been handed out
create temporary table preview_unlocks as
with

before_unlocks as (

    select * from renamed_tier_unlocks
    where not is_live

),

after_unlocks as (

    select * from after_tier_unlocks
    where revoked_at is null

),

reached_by_one_side as (

    select
        before_unlocks.unlocked_at is null as is_reached_after,
        coalesce(after_unlocks.cluster_id, before_unlocks.cluster_id) as cluster_id,
        coalesce(after_unlocks.challenge_key, before_unlocks.challenge_key)
            as challenge_key,
        coalesce(after_unlocks.tier_code, before_unlocks.tier_code) as tier_code,
        coalesce(after_unlocks.kind, before_unlocks.kind) as kind
    from before_unlocks
    full join after_unlocks
        on
            before_unlocks.cluster_id = after_unlocks.cluster_id
            and before_unlocks.challenge_key = after_unlocks.challenge_key
            and before_unlocks.tier_code = after_unlocks.tier_code
            and before_unlocks.kind = after_unlocks.kind
    where before_unlocks.unlocked_at is null or after_unlocks.unlocked_at is null

)

select
    reached.cluster_id,
    reached.challenge_key,
    reached.tier_code,
    reached.kind,
    case
        when reached.is_reached_after then 'won'
        when live.unlocked_at is null then 'withheld'
        else 'not reached'
    end as effect
from reached_by_one_side as reached
left join renamed_tier_unlocks as live
    on
        reached.cluster_id = live.cluster_id
        and reached.challenge_key = live.challenge_key
        and reached.tier_code = live.tier_code
        and reached.kind = live.kind
        and live.is_live
where
    (not reached.is_reached_after or live.unlocked_at is null)
    -- of a retired challenge nothing is reached, and what stands is not in question
    and not exists (
        select from after_challenges as retired
        where retired.key = reached.challenge_key and retired.state = 'retired'
    );

-- The first ten places of the boards in which any of them differs.
create temporary table preview_board_places as
with

before_places as (

    select
        run_id,
        row_number() over (partition by run_id order by rank, cluster_id) as place,
        rank,
        cluster_id,
        score
    from before_leaderboard_entries

),

after_places as (

    select
        run_id,
        row_number() over (partition by run_id order by rank, cluster_id) as place,
        rank,
        cluster_id,
        score
    from after_leaderboard_entries

),

places as (

    select
        coalesce(after_places.run_id, before_places.run_id) as run_id,
        coalesce(after_places.place, before_places.place) as place,
        before_places.rank as rank_before,
        before_places.cluster_id as cluster_before,
        before_places.score as score_before,
        after_places.rank as rank_after,
        after_places.cluster_id as cluster_after,
        after_places.score as score_after,
        bool_or(
            (before_places.rank, before_places.cluster_id, before_places.score)
            is distinct from (
                after_places.rank, after_places.cluster_id, after_places.score
            )
        ) over (
            partition by coalesce(after_places.run_id, before_places.run_id)
        ) as is_changed
    from before_places
    full join after_places
        on
            before_places.run_id = after_places.run_id
            and before_places.place = after_places.place
    where coalesce(after_places.place, before_places.place) <= 10

)

select * from places
where is_changed;

create temporary table preview_points as
select
    coalesce(after_points.season_id, before_points.season_id) as season_id,
    coalesce(after_points.cluster_id, before_points.cluster_id) as cluster_id,
    coalesce(before_points.points, 0) as points_before,
    coalesce(after_points.points, 0) as points_after,
    coalesce(before_points.level, 0) as level_before,
    coalesce(after_points.level, 0) as level_after
from before_season_progress as before_points
full join after_season_progress as after_points
    on
        before_points.season_id = after_points.season_id
        and before_points.cluster_id = after_points.cluster_id
where
    (coalesce(before_points.points, 0), coalesce(before_points.level, 0))
    is distinct from (
        coalesce(after_points.points, 0), coalesce(after_points.level, 0)
    );
