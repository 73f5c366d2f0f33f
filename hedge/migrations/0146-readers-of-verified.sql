-- depends: 0145-instants-of-carried-unlocks

-- Up to when runs have found that a row of a live mart holds: no row where none has.
-- The row itself has a later instant where a run wrote it since. PostgreSQL inlines the
-- functions, so that a query that joins them is planned as one that joins the table.

create function app.metrics_verified(of_window text, of_cluster text)
returns table (verified_to timestamptz)
language sql stable parallel safe rows 1
as $$
    select known.verified_to
    from app.verified as known
    where
        known.mart = 'analytics.cluster_metrics'
        and known.part = of_window
        and known.portion = app.portion_of(of_cluster)
$$;
comment on function app.metrics_verified(text, text) is
'Up to when runs have verified the metrics of a cluster in a window';

create function app.progress_verified(of_cluster text)
returns table (verified_to timestamptz)
language sql stable parallel safe rows 1
as $$
    select known.verified_to
    from app.verified as known
    where
        known.mart = 'analytics.challenge_progress'
        and known.part = ''
        and known.portion = app.portion_of(of_cluster)
$$;
comment on function app.progress_verified(text) is
'Up to when runs have verified the progress of a cluster';

create function app.points_verified(of_season text, of_cluster text)
returns table (verified_to timestamptz)
language sql stable parallel safe rows 1
as $$
    select known.verified_to
    from app.verified as known
    where
        known.mart = 'analytics.season_progress'
        and known.part = of_season
        and known.portion = app.portion_of(of_cluster)
$$;
comment on function app.points_verified(text, text) is
'Up to when runs have verified the points of a cluster in a season';
