-- What must be known of a season before it goes live: when it was computed, how many
-- clusters have points, and what is missing.
with

season as (

    select
        seasons.id,
        seasons.state,
        seasons.is_active,
        seasons.ends_at,
        seasons.changed_at,
        seasons.starts_at <= now() as has_begun
    from app.seasons
    where seasons.id = %(season)s

),

computed as (

    select
        max(greatest(progress.updated_at, verified.verified_to)) as as_of,
        count(*) filter (where progress.points > 0) as population
    from analytics.season_progress as progress
    left join
        lateral app.points_verified(progress.season_id, progress.cluster_id) as verified
        on true
    where progress.season_id = %(season)s

),

weighted as (

    select
        count(*) as challenges,
        string_agg(
            weights.challenge_code, ', ' order by weights.challenge_code
        ) filter (where challenges.key is null) as unknown_ones,
        string_agg(
            weights.challenge_code, ', ' order by weights.challenge_code
        ) filter (where challenges.state = 'draft') as drafts,
        string_agg(
            weights.challenge_code, ', ' order by weights.challenge_code
        ) filter (
            where challenges.key is not null and metrics.metric_key is null
        ) as without_metric,
        string_agg(
            weights.challenge_code, ', ' order by weights.challenge_code
        ) filter (where metrics.unit = '') as without_unit
    from app.season_challenge_weights as weights
    left join analytics.challenges on weights.challenge_code = challenges.key
    left join analytics.metrics
        on
            challenges.metric_source = metrics.metric_source
            and challenges.metric_key = metrics.metric_key
    where weights.season_id = %(season)s

),

-- nobody can be entitled by what is not public, or not computed
of_boards as (

    select
        string_agg(
            format('%%s of board %%s', definitions.reward_key, boards.key), ', '
            order by definitions.reward_key
        ) as rewards
    from app.reward_definitions as definitions
    inner join app.leaderboard_defs as boards
        on definitions.leaderboard_key = boards.key
    where
        definitions.season_id = %(season)s
        and not (boards.is_active and boards.state = 'live')

),

too_late as (

    select
        string_agg(
            definitions.reward_key, ', ' order by definitions.reward_key
        ) as rewards
    from app.reward_definitions as definitions
    cross join season
    where
        definitions.season_id = %(season)s
        and definitions.kind = 'RANK'
        -- ranks are final a week after the end
        and definitions.valid_until <= season.ends_at + 7 * interval '24 hours'

)

select
    season.id as season_id,
    season.state,
    season.has_begun,
    computed.as_of,
    computed.population,
    weighted.challenges,
    array_remove(
        array[
            case
                when weighted.challenges = 0
                    then format(
                        'no weight of a challenge: hedge seasons weights %%s FILE',
                        season.id
                    )
            end,
            'no challenge ' || weighted.unknown_ones || ', which has a weight',
            'challenge ' || weighted.drafts || ' is a draft, and gives no points',
            'no metric of challenge ' || weighted.without_metric,
            'no unit of the metric of challenge ' || weighted.without_unit,
            case
                when not season.has_begun then null
                when computed.as_of is null
                    then format(
                        'no points: hedge seasons run %%s computes them', season.id
                    )
                when computed.population = 0
                    then 'nobody has points, though the season has begun'
            end,
            'the board of reward ' || of_boards.rewards || ' is not live and active',
            'reward ' || too_late.rewards
            || ' can be claimed only before its ranks are final',
            case when not season.is_active then 'the season is not active' end,
            case when season.ends_at <= now() then 'the season is over' end
        ],
        null
    ) as missing
from season
cross join computed
cross join weighted
cross join of_boards
cross join too_late
