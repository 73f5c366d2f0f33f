-- depends: 0191-described-buckets

-- Where clusters are not divided among buckets, a reader of many clusters finds that
-- out once. It looked up the bucket of each: a page of the standings of a season of
-- 50,000 clusters took more than twice its time.

create or replace function app.metrics_verified(of_window text, of_cluster text)
returns table (verified_to timestamptz)
language sql stable parallel safe rows 1
as $$
    select known.verified_to
    from app.verified as known
    where
        known.mart = case
            when exists (select from app.cluster_buckets)
                then coalesce(
                    (
                        select 'bucket_' || placed.bucket
                        from app.cluster_buckets as placed
                        where placed.cluster_id = of_cluster
                    ),
                    'analytics'
                )
            else 'analytics'
        end || '.cluster_metrics'
        and known.part = of_window
        and known.portion = app.portion_of(of_cluster)
$$;

create or replace function app.progress_verified(of_cluster text)
returns table (verified_to timestamptz)
language sql stable parallel safe rows 1
as $$
    select known.verified_to
    from app.verified as known
    where
        known.mart = case
            when exists (select from app.cluster_buckets)
                then coalesce(
                    (
                        select 'bucket_' || placed.bucket
                        from app.cluster_buckets as placed
                        where placed.cluster_id = of_cluster
                    ),
                    'analytics'
                )
            else 'analytics'
        end || '.challenge_progress'
        and known.part = ''
        and known.portion = app.portion_of(of_cluster)
$$;

create or replace function app.points_verified(of_season text, of_cluster text)
returns table (verified_to timestamptz)
language sql stable parallel safe rows 1
as $$
    select known.verified_to
    from app.verified as known
    where
        known.mart = case
            when exists (select from app.cluster_buckets)
                then coalesce(
                    (
                        select 'bucket_' || placed.bucket
                        from app.cluster_buckets as placed
                        where placed.cluster_id = of_cluster
                    ),
                    'analytics'
                )
            else 'analytics'
        end || '.season_progress'
        and known.part = of_season
        and known.portion = app.portion_of(of_cluster)
$$;
