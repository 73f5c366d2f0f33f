-- The side before the edit with the names that things have after it, as temporary views
-- renamed_*: of the temporary views before_*, and of the unlocks that are live. The
-- temporary table renames has kind, old_name, new_name; hedge/sql/renames_of_edit.sql
-- says which names those are.
create temporary view renamed_metrics as
select
    metrics.unit,
    coalesce(split_part(renames.new_name, '.', 1), metrics.metric_source)
        as metric_source,
    coalesce(split_part(renames.new_name, '.', 2), metrics.metric_key) as metric_key
from before_metrics as metrics
left join renames
    on
        renames.kind = 'metric'
        and metrics.metric_source || '.' || metrics.metric_key = renames.old_name;

create temporary view renamed_challenges as
select
    challenges.name,
    challenges.category_key,
    challenges.sort_order,
    coalesce(renames.new_name, challenges.key) as key,
    coalesce(split_part(metrics.new_name, '.', 1), challenges.metric_source)
        as metric_source,
    coalesce(split_part(metrics.new_name, '.', 2), challenges.metric_key) as metric_key
from before_challenges as challenges
left join renames
    on renames.kind = 'challenge' and challenges.key = renames.old_name
left join renames as metrics
    on
        metrics.kind = 'metric'
        and challenges.metric_source || '.' || challenges.metric_key = metrics.old_name;

create temporary view renamed_challenge_tiers as
select
    tiers.sort_order,
    coalesce(challenges.new_name, tiers.challenge_key) as challenge_key,
    coalesce(split_part(renames.new_name, '.', 2), tiers.tier_code) as tier_code
from before_challenge_tiers as tiers
left join renames as challenges
    on challenges.kind = 'challenge' and tiers.challenge_key = challenges.old_name
left join renames
    on
        renames.kind = 'tier'
        and coalesce(challenges.new_name, tiers.challenge_key)
        || '.' || tiers.tier_code = renames.old_name;

create temporary view renamed_challenge_progress as
select
    progress.cluster_id,
    progress.value,
    progress.rolling_value,
    coalesce(challenges.new_name, progress.challenge_key) as challenge_key,
    coalesce(split_part(tiers.new_name, '.', 2), progress.tier) as tier,
    coalesce(split_part(rolling_tiers.new_name, '.', 2), progress.rolling_tier)
        as rolling_tier
from before_challenge_progress as progress
left join renames as challenges
    on challenges.kind = 'challenge' and progress.challenge_key = challenges.old_name
left join renames as tiers
    on
        tiers.kind = 'tier'
        and coalesce(challenges.new_name, progress.challenge_key)
        || '.' || progress.tier = tiers.old_name
left join renames as rolling_tiers
    on
        rolling_tiers.kind = 'tier'
        and coalesce(challenges.new_name, progress.challenge_key)
        || '.' || progress.rolling_tier = rolling_tiers.old_name;

create temporary view renamed_tier_unlocks as
select
    unlocks.cluster_id,
    unlocks.kind,
    unlocks.unlocked_at,
    unlocks.is_live,
    coalesce(challenges.new_name, unlocks.challenge_key) as challenge_key,
    coalesce(split_part(tiers.new_name, '.', 2), unlocks.tier_code) as tier_code
from (
    select
        cluster_id,
        challenge_key,
        tier_code,
        kind,
        unlocked_at,
        false as is_live
    from before_tier_unlocks
    where revoked_at is null

    union all

    select
        cluster_id,
        challenge_key,
        tier_code,
        kind,
        unlocked_at,
        true as is_live
    from analytics.tier_unlocks
    where revoked_at is null
) as unlocks
left join renames as challenges
    on challenges.kind = 'challenge' and unlocks.challenge_key = challenges.old_name
left join renames as tiers
    on
        tiers.kind = 'tier'
        and coalesce(challenges.new_name, unlocks.challenge_key)
        || '.' || unlocks.tier_code = tiers.old_name;
