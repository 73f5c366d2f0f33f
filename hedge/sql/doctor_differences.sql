-- What the marts hold otherwise than it was computed anew, for the clusters of the
-- temporary views anew_* and stored_*. Instants of computing are not compared, nor are
-- rows of windows and seasons that are over and not computed any more.
with

both_metrics as (

    select
        coalesce(kept.cluster_id, anew.cluster_id) as cluster_id,
        coalesce(kept.window_key, anew.window_key) as window_key,
        coalesce(kept.metrics, '{}') as stored_metrics,
        coalesce(anew.metrics, '{}') as anew_metrics
    from anew_cluster_metrics as anew
    full join stored_cluster_metrics as kept
        on anew.cluster_id = kept.cluster_id and anew.window_key = kept.window_key

),

metric_sources as (

    select
        cluster_id,
        window_key,
        stored_metrics,
        anew_metrics,
        jsonb_object_keys(stored_metrics || anew_metrics) as metric_source
    from both_metrics
    where window_key in (select windows.window_key from analytics.windows as windows)

),

of_metrics as (

    select
        cluster_id,
        concat(
            'window ', window_key, ': the metrics of ', metric_source, ' are ',
            coalesce(stored_metrics ->> metric_source, 'missing'), ', and anew ',
            coalesce(anew_metrics ->> metric_source, 'missing')
        ) as difference
    from metric_sources
    where stored_metrics -> metric_source is distinct from anew_metrics -> metric_source

),

of_progress as (

    select
        coalesce(kept.cluster_id, anew.cluster_id) as cluster_id,
        concat(
            'challenge ', coalesce(kept.challenge_key, anew.challenge_key), ': ',
            coalesce(trim_scale(kept.value) || ' (' || kept.tier || ')', 'missing'),
            ', and anew ',
            coalesce(trim_scale(anew.value) || ' (' || anew.tier || ')', 'missing')
        ) as difference
    from anew_challenge_progress as anew
    full join stored_challenge_progress as kept
        on
            anew.cluster_id = kept.cluster_id
            and anew.challenge_key = kept.challenge_key
    where
        to_jsonb(kept) - 'last_computed_at'
        is distinct from to_jsonb(anew) - 'last_computed_at'

),

of_seasons as (

    select
        coalesce(kept.cluster_id, anew.cluster_id) as cluster_id,
        concat(
            'season ', coalesce(kept.season_id, anew.season_id), ': ',
            coalesce(trim_scale(kept.points)::text, 'no'), ' points, and anew ',
            coalesce(trim_scale(anew.points)::text, 'none')
        ) as difference
    from anew_season_progress as anew
    full join stored_season_progress as kept
        on anew.cluster_id = kept.cluster_id and anew.season_id = kept.season_id
    where
        coalesce(kept.season_id, anew.season_id) in (
            select seasons.season_id from analytics.seasons as seasons
            inner join analytics.windows as windows
                on seasons.window_key = windows.window_key
        )
        and to_jsonb(kept)
        - 'updated_at' is distinct from to_jsonb(anew)
        - 'updated_at'

),

differences as (

    select
        cluster_id,
        difference
    from of_metrics
    union all
    select
        cluster_id,
        difference
    from of_progress
    union all
    select
        cluster_id,
        difference
    from of_seasons

)

select concat('cluster ', cluster_id, ', ', difference) as finding
from differences
order by finding
