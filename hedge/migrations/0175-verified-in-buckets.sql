-- depends: 0170-corrected-logs

-- Where clusters are divided among buckets, each table of a bucket is a mart of its own
-- for app.verified and app.verifying: it is verified by itself, under its own name and
-- locks. A row is verified as the table is that its cluster's bucket has.

create or replace function app.metrics_verified(of_window text, of_cluster text)
returns table (verified_to timestamptz)
language sql stable parallel safe rows 1
as $$
    select known.verified_to
    from app.verified as known
    where
        known.mart = coalesce(
            (
                select 'bucket_' || placed.bucket
                from app.cluster_buckets as placed
                where placed.cluster_id = of_cluster
            ),
            'analytics'
        ) || '.cluster_metrics'
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
        known.mart = coalesce(
            (
                select 'bucket_' || placed.bucket
                from app.cluster_buckets as placed
                where placed.cluster_id = of_cluster
            ),
            'analytics'
        ) || '.challenge_progress'
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
        known.mart = coalesce(
            (
                select 'bucket_' || placed.bucket
                from app.cluster_buckets as placed
                where placed.cluster_id = of_cluster
            ),
            'analytics'
        ) || '.season_progress'
        and known.part = of_season
        and known.portion = app.portion_of(of_cluster)
$$;

comment on column app.verified.mart is
'The table, with its schema: the mart, or that of a bucket';
comment on column app.verifying.mart is
'The table, with its schema: the mart, or that of a bucket';

-- What is known of a mart holds in each of its buckets. It stays known of the mart,
-- too, for definitions that an older version has deployed, which look there. The caller
-- has divided the clusters in the same transaction.
create function app.divide_verified() returns void
language sql
as $$
    insert into app.verified (mart, part, portion, verified_to)
    select
        'bucket_' || buckets.bucket || '.' || divided.mart,
        known.part,
        known.portion,
        known.verified_to
    from app.buckets
    cross join unnest(app.bucket_marts()) as divided (mart)
    inner join app.verified as known on 'analytics.' || divided.mart = known.mart
    on conflict (mart, part, portion) do nothing;

    insert into app.verifying (mart, as_of)
    select 'bucket_' || buckets.bucket || '.' || divided.mart, known.as_of
    from app.buckets
    cross join unnest(app.bucket_marts()) as divided (mart)
    inner join app.verifying as known on 'analytics.' || divided.mart = known.mart
    on conflict (mart) do nothing
$$;
comment on function app.divide_verified() is
'Takes over for each bucket up to when its marts were verified before the division';

-- What holds in all buckets that have rows of a part is known of the mart again. Rows
-- of a bucket that was verified to a later instant than another one keep that instant
-- as their own. The caller holds the deploy lock and joins the buckets in the same
-- transaction, after this.
create function app.join_verified() returns void
language plpgsql
set client_min_messages = warning
as $$
declare
    found record;
begin
    create temporary table hedge_parts_of_buckets (
        mart text, schema_name text, part text
    ) on commit drop;
    for found in
        select
            marts.mart,
            marts.part,
            'bucket_' || buckets.bucket as schema_name
        from (
            values
            ('cluster_metrics', 'window_key'),
            ('challenge_progress', ''''''),
            ('season_progress', 'season_id')
        ) as marts (mart, part)
        cross join app.buckets
    loop
        execute format(
            'insert into pg_temp.hedge_parts_of_buckets'
            ' select distinct %1$L, %2$L, %3$s from %2$I.%1$I',
            found.mart, found.schema_name, found.part
        );
    end loop;

    delete from app.verified where mart like 'analytics.%';
    insert into app.verified (mart, part, portion, verified_to)
    select
        'analytics.' || parts.mart,
        parts.part,
        portions.portion,
        min(known.verified_to)
    from pg_temp.hedge_parts_of_buckets as parts
    cross join generate_series(0, 63) as portions (portion)
    left join app.verified as known
        on
            parts.schema_name || '.' || parts.mart = known.mart
            and parts.part = known.part
            and portions.portion = known.portion
    group by parts.mart, parts.part, portions.portion
    having count(*) = count(known.verified_to);

    for found in
        select
            marts.mart,
            marts.part,
            marts.computed_at,
            'bucket_' || buckets.bucket as schema_name
        from (
            values
            ('cluster_metrics', 'window_key', 'last_computed_at'),
            ('challenge_progress', '''''', 'last_computed_at'),
            ('season_progress', 'season_id', 'updated_at')
        ) as marts (mart, part, computed_at)
        cross join app.buckets
    loop
        execute format(
            'update %2$I.%1$I as ahead set %4$I = known.verified_to'
            ' from app.verified as known'
            ' left join app.verified as joined'
            ' on joined.mart = ''analytics.%1$s'' and known.part = joined.part'
            ' and known.portion = joined.portion'
            ' where known.mart = ''%2$s.%1$s'' and known.part = %3$s'
            ' and known.portion = app.portion_of(ahead.cluster_id)'
            ' and known.verified_to > coalesce(joined.verified_to, ''-infinity'')'
            ' and known.verified_to > ahead.%4$I',
            found.mart, found.schema_name, found.part, found.computed_at
        );
    end loop;

    delete from app.verified where mart like 'bucket\_%';
    delete from app.verifying where mart like 'analytics.%';
    insert into app.verifying (mart, as_of)
    select 'analytics.' || split_part(mart, '.', 2), max(as_of)
    from app.verifying
    group by split_part(mart, '.', 2);
    delete from app.verifying where mart like 'bucket\_%';
end
$$;
comment on function app.join_verified() is
'Makes of what is verified in buckets what is verified of their marts';

-- of what is divided already
select app.divide_verified();
