-- depends: 0147-copies-on-workers

-- A restored backup has neither owners nor grants. Gives the schemas of buckets and the
-- tables in them the owners and grants that app.split_into_buckets has given them, once
-- raw and analytics have theirs, and drops the views of buckets: the next run copies
-- them as their owner.
create function app.own_buckets() returns void
language plpgsql
set client_min_messages = warning
as $$
declare
    owner_of_runs name := (
        select pg_get_userbyid(nspowner) from pg_namespace
        where nspname = 'analytics'
    );
    command text;
begin
    for command in
        select
            format(
                'alter schema %I owner to %I',
                'bucket_' || buckets.bucket, owner_of_runs
            )
        from app.buckets
        union all
        select
            format(
                'alter table %s owner to %I; grant select, insert, update, delete'
                ' on %1$s to %3$I',
                children.oid::regclass, pg_get_userbyid(parents.relowner), owner_of_runs
            )
        from app.buckets
        inner join pg_class as children
            on to_regnamespace('bucket_' || buckets.bucket) = children.relnamespace
        inner join pg_inherits as inheriting on children.oid = inheriting.inhrelid
        inner join pg_class as parents on inheriting.inhparent = parents.oid
        where children.relkind = 'r'
        union all
        select
            format(
                'drop view if exists %I.%I cascade',
                'bucket_' || buckets.bucket, views.relname
            )
        from app.buckets
        inner join pg_class as views
            on to_regnamespace('bucket_' || buckets.bucket) = views.relnamespace
        where views.relkind = 'v'
    loop
        execute command;
    end loop;
    update app.buckets set copied_from = null;
end
$$;
comment on function app.own_buckets() is
'Gives the tables of buckets their owners and grants, as a restoration has to';
revoke execute on function app.own_buckets() from public;

-- A row of a mart may be in the table of a bucket: its place is the table and the place
-- there.
create or replace function app.repair_later_stamps()
returns table (relation text, column_name text, stamps bigint)
language plpgsql
as $$
declare
    stamped record;
    this_moment timestamptz := clock_timestamp();
begin
    relation := 'app.leaderboard_runs';
    column_name := 'period_start';
    delete from app.leaderboard_runs where period_start > this_moment;
    get diagnostics stamps = row_count;
    if stamps > 0 then
        return next;
    end if;
    update app.leaderboard_runs set stale_since = this_moment
    where as_of > this_moment and status = 'COMPLETE';

    -- Two unlocks of a tier keep their order: unlocked_at is part of the key.
    if to_regclass('analytics.tier_unlocks') is not null then
        relation := 'analytics.tier_unlocks';
        column_name := 'unlocked_at';
        update analytics.tier_unlocks as unlocks
        set unlocked_at = this_moment - later.place * interval '1 microsecond'
        from (
            select
                tableoid as table_id,
                ctid as row_id,
                row_number() over (
                    partition by cluster_id, challenge_key, tier_code, kind
                    order by unlocked_at desc
                ) as place
            from analytics.tier_unlocks
            where unlocked_at > this_moment
        ) as later
        where unlocks.tableoid = later.table_id and unlocks.ctid = later.row_id;
        get diagnostics stamps = row_count;
        if stamps > 0 then
            return next;
        end if;
    end if;

    for stamped in
        select columns.* from app.stamped_columns() as columns
        where to_regclass(columns.relation) is not null
    loop
        relation := stamped.relation;
        column_name := stamped.column_name;
        execute format(
            'update %2$s set %1$I = $1 where %1$I > $1 + $2',
            stamped.column_name, stamped.relation
        )
        using this_moment, stamped.lead;
        get diagnostics stamps = row_count;
        if stamps > 0 then
            return next;
        end if;
    end loop;

    insert into app.change_notes (table_name, operation, kind, key)
    values ('etl_runs', 'UPDATE', 'everything', '');
end
$$;
