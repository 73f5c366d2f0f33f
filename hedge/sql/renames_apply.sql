-- Carries out renames in the transaction of a deploy. Each table is read once, however
-- many there are. The temporary table renames has them: kind, old_name, new_name.
-- Challenges come first, because the names of tiers have the new names of challenges.

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

update analytics.progress_history as history
set
    challenge_key = carried.challenge_key,
    tier = coalesce(split_part(tiers.new_name, '.', 2), history.tier)
from analytics.progress_history as found
left join renames as challenges
    on
        challenges.kind = 'challenge'
        and found.challenge_key = challenges.old_name
cross join
    lateral (
        values (coalesce(challenges.new_name, found.challenge_key))
    ) as carried (challenge_key)
left join renames as tiers
    on
        tiers.kind = 'tier'
        and carried.challenge_key || '.' || found.tier = tiers.old_name
where
    history.cluster_id = found.cluster_id
    and history.challenge_key = found.challenge_key
    and history.as_of = found.as_of
    and coalesce(challenges.kind, tiers.kind) is not null;

update analytics.challenge_progress as progress
set
    challenge_key = carried.challenge_key,
    tier = coalesce(split_part(tiers.new_name, '.', 2), progress.tier),
    rolling_tier = coalesce(
        split_part(rolling_tiers.new_name, '.', 2), progress.rolling_tier
    )
from analytics.challenge_progress as found
left join renames as challenges
    on
        challenges.kind = 'challenge'
        and found.challenge_key = challenges.old_name
cross join
    lateral (
        values (coalesce(challenges.new_name, found.challenge_key))
    ) as carried (challenge_key)
left join renames as tiers
    on
        tiers.kind = 'tier'
        and carried.challenge_key || '.' || found.tier = tiers.old_name
left join renames as rolling_tiers
    on
        rolling_tiers.kind = 'tier'
        and carried.challenge_key || '.' || found.rolling_tier = rolling_tiers.old_name
where
    progress.cluster_id = found.cluster_id
    and progress.challenge_key = found.challenge_key
    and coalesce(challenges.kind, tiers.kind, rolling_tiers.kind) is not null;

update analytics.tier_unlocks as unlocks
set
    challenge_key = carried.challenge_key,
    tier_code = coalesce(split_part(tiers.new_name, '.', 2), unlocks.tier_code)
from analytics.tier_unlocks as found
left join renames as challenges
    on
        challenges.kind = 'challenge'
        and found.challenge_key = challenges.old_name
cross join
    lateral (
        values (coalesce(challenges.new_name, found.challenge_key))
    ) as carried (challenge_key)
left join renames as tiers
    on
        tiers.kind = 'tier'
        and carried.challenge_key || '.' || found.tier_code = tiers.old_name
where
    unlocks.cluster_id = found.cluster_id
    and unlocks.challenge_key = found.challenge_key
    and unlocks.tier_code = found.tier_code
    and unlocks.kind = found.kind
    and unlocks.unlocked_at = found.unlocked_at
    and coalesce(challenges.kind, tiers.kind) is not null;

update app.wallet_moves as moves
set
    challenge_key = carried.challenge_key,
    tier_code = coalesce(split_part(tiers.new_name, '.', 2), moves.tier_code)
from app.wallet_moves as found
left join renames as challenges
    on
        challenges.kind = 'challenge'
        and found.challenge_key = challenges.old_name
cross join
    lateral (
        values (coalesce(challenges.new_name, found.challenge_key))
    ) as carried (challenge_key)
left join renames as tiers
    on
        tiers.kind = 'tier'
        and carried.challenge_key || '.' || found.tier_code = tiers.old_name
where
    moves.move_id = found.move_id
    and coalesce(challenges.kind, tiers.kind) is not null;

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
