-- depends: 0124-what-made-a-difference

-- An exclusion whose beginning or end lay ahead makes the board runs stale that it
-- concerns when a run over all changes is the first one as of then, as one that begins
-- now does at once.

-- Touches an excluded fact, so that its table notes whatever a change of it can move.
create function app.touch_excluded_fact(excluded app.exclusions) returns void
language plpgsql security definer
set search_path to pg_catalog, pg_temp
as $$
declare
    touched text;
begin
    select
        format(
            'update raw.%1$I as facts set %2$I = facts.%2$I'
            ' from jsonb_populate_record(null::raw.%1$I, $1) as named'
            ' where %3$s',
            excluded.raw_table,
            min(attname) filter (where place = 1),
            string_agg(format('facts.%I = named.%1$I', attname), ' and ')
        )
    into touched
    from pg_constraint
    cross join unnest(conkey) with ordinality as listed (attnum, place)
    inner join pg_attribute using (attnum)
    where
        conrelid = format('raw.%I', excluded.raw_table)::regclass
        and attrelid = conrelid
        and contype = 'p';
    execute touched using excluded.fact;
end
$$;
revoke execute on function app.touch_excluded_fact(app.exclusions) from public;
comment on function app.touch_excluded_fact(app.exclusions) is
'Touches an excluded fact, so that its table notes what a change of it can move';

-- Makes the clusters of an exclusion due for the runs that begin or cease to count it.
-- Of a wallet or a cluster that is one note for each end of the exclusion, which no run
-- takes before it is due: one as of the very instant is the first. Of a fact whose end
-- lies ahead, nothing is known yet of what a change of it can move, and all is due.
create or replace function app.note_exclusion(
    changed app.exclusions, operation text, is_beginning boolean
) returns void
language plpgsql security definer
set search_path to pg_catalog, pg_temp
as $$
declare
    instant timestamptz := case
        when is_beginning then changed.starts_at
        else least(changed.ends_at, changed.ended_at)
    end;
    clusters text[];
begin
    if instant = 'infinity' then
        return;
    end if;
    if changed.raw_table is null then
        insert into app.change_notes (table_name, operation, kind, key, due_at)
        values (
            'exclusions', operation,
            case when changed.cluster_id is null then 'wallet' else 'cluster' end,
            coalesce(
                app.remaining_cluster(changed.cluster_id),
                changed.cluster_id,
                changed.wallet_address
            ),
            instant - interval '1 microsecond'
        );
    elsif instant > now() then
        insert into app.change_notes (table_name, operation, kind, key, due_at)
        values (
            'exclusions', operation, 'everything', '',
            instant - interval '1 microsecond'
        );
    else
        perform app.touch_excluded_fact(changed);
    end if;

    -- Runs as of now do not follow one that is over, and never have where it was made
    -- afterwards. What a fact concerns, its touched row tells (app.mark_stale_boards).
    if
        instant > now()
        or changed.raw_table is not null
        or (operation = 'INSERT' and least(changed.ends_at, changed.ended_at) <= now())
    then
        return;
    end if;
    clusters := app.clusters_of_exclusion(changed);
    perform app.mark_boards_of_exclusion(changed, is_beginning, clusters);

    -- a worker computes the cluster at once, as after a change of its links
    insert into app.etl_requests (cluster_id, reason, caused_by)
    select
        asked.cluster_id,
        case when is_beginning then 'exclusion begun' else 'exclusion ended' end,
        nullif(current_setting('hedge.request_id', true), '')
    from app.wallet_clusters as asked
    where
        asked.cluster_id = any(clusters)
        and asked.cluster_id = app.remaining_cluster(asked.cluster_id);
end
$$;

-- Marks the board runs that planned exclusions concern whose beginning or end a run is
-- the first to follow: its note is due, and no run has taken it with success.
create function app.follow_planned_exclusions(run_as_of timestamptz) returns void
language plpgsql security definer
set search_path to pg_catalog, pg_temp
as $$
declare
    planned record;
    excluded app.exclusions;
begin
    for planned in
        select distinct
            known.exclusion_id,
            ends.is_beginning
        from app.change_notes as notes
        inner join app.exclusions as known on notes.table_name = 'exclusions'
        cross join lateral (
            values
            (known.starts_at, true),
            (least(known.ends_at, known.ended_at), false)
        ) as ends (instant, is_beginning)
        where
            notes.due_at < coalesce(run_as_of, now())
            and notes.due_at = ends.instant - interval '1 microsecond'
            -- what did not lie ahead was followed when it was made or ended
            and ends.instant > coalesce(
                case when not ends.is_beginning then known.ended_at end,
                known.created_at
            )
            -- one that was ended before it began has never been followed
            and known.starts_at < coalesce(known.ended_at, 'infinity')
        order by known.exclusion_id asc, ends.is_beginning desc
    loop
        select * into excluded from app.exclusions as known
        where known.exclusion_id = planned.exclusion_id;
        if excluded.raw_table is not null then
            perform app.touch_excluded_fact(excluded);
        else
            perform app.mark_boards_of_exclusion(
                excluded, planned.is_beginning, app.clusters_of_exclusion(excluded)
            );
        end if;
    end loop;
end
$$;
comment on function app.follow_planned_exclusions(timestamptz) is
'Marks the board runs that planned exclusions concern which a run is to follow first';

create or replace function app.take_changes(taker text, run_as_of timestamptz)
returns boolean
language plpgsql
as $$
begin
    if exists (
        select from app.etl_runs
        where kind <> 'DEPLOY' and as_of > coalesce(run_as_of, clock_timestamp())
    ) then
        return false;
    end if;
    perform pg_advisory_xact_lock(hashtext('app.change_notes'));
    perform app.follow_planned_exclusions(run_as_of);
    update app.change_notes set taken_by = taker
    where
        due_at < coalesce(run_as_of, now())
        -- a run as of an instant does not count facts after it
        and coalesce(from_at, '-infinity') < coalesce(run_as_of, 'infinity');
    update app.etl_requests set covered_by = taker
    where request_id in (
        select request_id from app.etl_requests
        where
            kind = 'CLUSTER'
            and requested_at < coalesce(run_as_of, clock_timestamp())
        order by request_id
        for update
    );
    perform app.mark_stale_boards(taker, of_marts => false);
    return true;
end
$$;
