-- Carries out renames in the transaction of a deploy. The temporary table renames has
-- them: kind, old_name, new_name.

-- what was recorded of tiers follows their challenge
update app.renames as records
set
    old_name = challenges.new_name || '.' || split_part(records.old_name, '.', 2),
    new_name = challenges.new_name || '.' || split_part(records.new_name, '.', 2)
from renames as challenges
where
    challenges.kind = 'challenge'
    and records.kind = 'tier'
    and split_part(records.old_name, '.', 1) = challenges.old_name;

-- another name is no change of progress, so that nothing is told or kept of it
select set_config('hedge.events', 'renames', true);

-- Challenges first, then tiers, whose names have the new names of challenges.
update analytics.progress_history as history
set challenge_key = renames.new_name
from renames
where renames.kind = 'challenge' and history.challenge_key = renames.old_name;

update analytics.progress_history as history
set tier = split_part(renames.new_name, '.', 2)
from renames
where
    renames.kind = 'tier'
    and history.challenge_key || '.' || history.tier = renames.old_name;

update analytics.challenge_progress as progress
set challenge_key = renames.new_name
from renames
where renames.kind = 'challenge' and progress.challenge_key = renames.old_name;

update analytics.challenge_progress as progress
set tier = split_part(renames.new_name, '.', 2)
from renames
where
    renames.kind = 'tier'
    and progress.challenge_key || '.' || progress.tier = renames.old_name;

update analytics.challenge_progress as progress
set rolling_tier = split_part(renames.new_name, '.', 2)
from renames
where
    renames.kind = 'tier'
    and progress.challenge_key || '.' || progress.rolling_tier = renames.old_name;

update analytics.tier_unlocks as unlocks
set challenge_key = renames.new_name
from renames
where renames.kind = 'challenge' and unlocks.challenge_key = renames.old_name;

update analytics.tier_unlocks as unlocks
set tier_code = split_part(renames.new_name, '.', 2)
from renames
where
    renames.kind = 'tier'
    and unlocks.challenge_key || '.' || unlocks.tier_code = renames.old_name;

update app.tier_rarity as rarity
set challenge_key = renames.new_name
from renames
where renames.kind = 'challenge' and rarity.challenge_key = renames.old_name;

update app.tier_rarity as rarity
set tier_code = split_part(renames.new_name, '.', 2)
from renames
where
    renames.kind = 'tier'
    and rarity.challenge_key || '.' || rarity.tier_code = renames.old_name;

update app.value_counts as counts
set challenge_key = renames.new_name
from renames
where renames.kind = 'challenge' and counts.challenge_key = renames.old_name;

update app.value_counts as counts
set tier_code = split_part(renames.new_name, '.', 2)
from renames
where
    renames.kind = 'tier'
    and counts.challenge_key || '.' || counts.tier_code = renames.old_name;

update app.wallet_moves as moves
set challenge_key = renames.new_name
from renames
where renames.kind = 'challenge' and moves.challenge_key = renames.old_name;

update app.wallet_moves as moves
set tier_code = split_part(renames.new_name, '.', 2)
from renames
where
    renames.kind = 'tier'
    and moves.challenge_key || '.' || moves.tier_code = renames.old_name;

update analytics.season_progress as progress
set
    points_by_challenge = (
        select jsonb_object_agg(coalesce(renames.new_name, points.key), points.value)
        from jsonb_each(progress.points_by_challenge) as points
        left join renames
            on renames.kind = 'challenge' and points.key = renames.old_name
    )
where
    progress.points_by_challenge ?| array(
        select renames.old_name from renames
        where renames.kind = 'challenge'
    );

update app.season_challenge_weights as weights
set challenge_code = renames.new_name
from renames
where renames.kind = 'challenge' and weights.challenge_code = renames.old_name;

update app.leaderboard_defs as boards
set
    metric_source = split_part(renames.new_name, '.', 1),
    metric_key = split_part(renames.new_name, '.', 2),
    -- a key without a source is of the source that the board had
    fallback_metric_source = case
        when boards.fallback_metric_key is not null
            then coalesce(boards.fallback_metric_source, boards.metric_source)
    end,
    third_metric_source = case
        when boards.third_metric_key is not null
            then coalesce(boards.third_metric_source, boards.metric_source)
    end,
    fourth_metric_source = case
        when boards.fourth_metric_key is not null
            then coalesce(boards.fourth_metric_source, boards.metric_source)
    end
from renames
where
    renames.kind = 'metric'
    and boards.metric_source || '.' || boards.metric_key = renames.old_name;

update app.leaderboard_defs as boards
set
    fallback_metric_source = split_part(renames.new_name, '.', 1),
    fallback_metric_key = split_part(renames.new_name, '.', 2)
from renames
where
    renames.kind = 'metric'
    and coalesce(boards.fallback_metric_source, boards.metric_source)
    || '.' || boards.fallback_metric_key = renames.old_name;

update app.leaderboard_defs as boards
set
    third_metric_source = split_part(renames.new_name, '.', 1),
    third_metric_key = split_part(renames.new_name, '.', 2)
from renames
where
    renames.kind = 'metric'
    and coalesce(boards.third_metric_source, boards.metric_source)
    || '.' || boards.third_metric_key = renames.old_name;

update app.leaderboard_defs as boards
set
    fourth_metric_source = split_part(renames.new_name, '.', 1),
    fourth_metric_key = split_part(renames.new_name, '.', 2)
from renames
where
    renames.kind = 'metric'
    and coalesce(boards.fourth_metric_source, boards.metric_source)
    || '.' || boards.fourth_metric_key = renames.old_name;

update analytics.leaderboard_entries as entries
set payload = jsonb_set(entries.payload, '{metric}', to_jsonb(renames.new_name))
from renames
where renames.kind = 'metric' and entries.payload ->> 'metric' = renames.old_name;

update analytics.leaderboard_entries as entries
set
    payload = jsonb_set(
        entries.payload, '{keys}', (
            select
                jsonb_agg(
                    ordering_keys.value || jsonb_build_object(
                        'metric',
                        coalesce(renames.new_name, ordering_keys.value ->> 'metric')
                    )
                    order by ordering_keys.place
                )
            from
                jsonb_array_elements(entries.payload -> 'keys')
                with ordinality as ordering_keys (value, place)
            left join renames
                on
                    renames.kind = 'metric'
                    and ordering_keys.value ->> 'metric' = renames.old_name
        )
    )
where exists (
    select renames.new_name
    from jsonb_array_elements(entries.payload -> 'keys') as ordering_keys
    inner join renames
        on
            renames.kind = 'metric'
            and ordering_keys.value ->> 'metric' = renames.old_name
);

update analytics.cluster_metrics as metrics
set
    metrics = (
        select jsonb_object_agg(named.metric_source, named.metrics)
        from (
            select
                carried.metric_source,
                jsonb_object_agg(carried.metric_key, values_of_source.value) as metrics
            from jsonb_each(metrics.metrics) as sources
            cross join lateral jsonb_each(sources.value) as values_of_source
            left join renames
                on
                    renames.kind = 'metric'
                    and sources.key || '.' || values_of_source.key = renames.old_name
            cross join
                lateral (
                    values (
                        coalesce(split_part(renames.new_name, '.', 1), sources.key),
                        coalesce(
                            split_part(renames.new_name, '.', 2), values_of_source.key
                        )
                    )
                ) as carried (metric_source, metric_key)
            group by carried.metric_source
        ) as named
    )
where exists (
    select from renames
    where
        renames.kind = 'metric'
        and metrics.metrics #> string_to_array(renames.old_name, '.') is not null
);

insert into app.renames (kind, old_name, new_name)
select
    kind,
    old_name,
    new_name
from renames
order by kind, old_name;
