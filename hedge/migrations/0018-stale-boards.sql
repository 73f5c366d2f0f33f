-- depends: 0016-runs-of-unlocks

-- Board runs whose facts have changed since. A run over all changes marks them when it
-- takes change notes that they have not seen; `hedge boards run --due` computes their
-- periods again.

-- Which board runs have seen a change note, and which changes a board run has seen.
-- Both are numbers of one sequence, which a restored database continues, and depend on
-- no clock and no transaction id: board runs that begin together take the next number
-- and give it to every note that they are the first to see. A board run has not seen a
-- note without a number, or with a number larger than its own.
create sequence app.changes_seen;
alter table app.change_notes add column seen_by_boards bigint;
alter table app.leaderboard_runs
-- null for runs from before this migration
add column changes_seen bigint,
-- when facts of the period were first found to have changed since the run
add column stale_since timestamptz;

alter table app.leaderboard_defs
-- how long after its end a period is computed again where its facts have changed
add column corrected_for_days integer not null default 7,
-- a closed period is never computed again, for example because it gave prizes
add column is_frozen boolean not null default false,
add constraint "corrected_for_days is 0 to 3650"
check (corrected_for_days between 0 and 3650);

-- The raw tables that each metric source reads, and season points and total scores
-- (season_progress, challenge_progress). A deploy takes them from the project.
-- `counts_in` says in which windows a fact can move a metric that counts what happened
-- in a window (models/staging/_sources.yml).
create table app.metric_source_tables (
    metric_source text collate "C" not null,
    table_name text collate "C" not null,
    counts_in text not null,
    primary key (metric_source, table_name),
    constraint "counts_in is its window, later windows or every window"
    check (counts_in in ('its window', 'later windows', 'every window'))
);

-- Gives a number to the change notes that no board run has seen yet, and returns it.
-- Board runs that begin call it before they read facts: whatever it sees, they see.
create function app.see_changes() returns bigint
language plpgsql
as $$
declare
    number bigint;
begin
    -- Numbers are given in the order in which notes were seen.
    perform pg_advisory_xact_lock(hashtext('app.change_notes'));
    number := nextval('app.changes_seen');
    update app.change_notes set seen_by_boards = number
    where seen_by_boards is null;
    return number;
end
$$;

-- Whether `boards run --due` leaves a run as it is, whatever changes: its period ended
-- too long ago, or it is closed and the board is frozen. A run is closed when its as-of
-- instant is not before the end of its period.
create function app.is_final(
    period_end timestamptz,
    as_of timestamptz,
    corrected_for_days integer,
    is_frozen boolean,
    at timestamptz
) returns boolean
language sql stable parallel safe
return coalesce(
    period_end + corrected_for_days * interval '24 hours' <= at
    or (is_frozen and as_of >= period_end),
    false
);

-- The run of each period of a board that counts: the complete one as of the latest
-- instant.
create view app.latest_runs_of_periods as
select distinct on (leaderboard_key, period_start, period_end)
    id,
    leaderboard_key,
    period_start,
    period_end,
    as_of,
    stale_since
from app.leaderboard_runs
where status = 'COMPLETE'
order by
    leaderboard_key asc, period_start asc, period_end asc, as_of desc, id desc;

create or replace view app.latest_board_runs as
select
    defs.key as leaderboard_key,
    runs.id,
    runs.period_start,
    runs.period_end,
    runs.as_of,
    runs.row_count,
    runs.finished_at,
    runs.stale_since,
    app.is_final(
        runs.period_end, runs.as_of, defs.corrected_for_days, defs.is_frozen, now()
    ) as is_final
from app.leaderboard_defs as defs
cross join lateral (
    select
        complete.id,
        complete.period_start,
        complete.period_end,
        complete.as_of,
        complete.row_count,
        complete.finished_at,
        complete.stale_since
    from app.leaderboard_runs as complete
    where complete.leaderboard_key = defs.key and complete.status = 'COMPLETE'
    order by complete.period_end desc, complete.as_of desc, complete.id desc
    limit 1
) as runs;

-- Marks the board runs that do not show what the notes of a taker say: of each
-- period the run that counts, and those that are being computed. `of_marts` tells which
-- boards: those that rank by a mart (season points and total scores), which show a
-- change only after a run over all changes has succeeded, or those that read facts.
--
-- Of a period that goes on, facts arrive all the time and its board is due each day, so
-- that only corrections mark its run. A run does not count facts after its as-of
-- instant.
create function app.mark_stale_boards(taker text, of_marts boolean) returns void
language plpgsql
as $$
begin
    with board_runs as (
        select
            runs.id,
            runs.leaderboard_key,
            runs.changes_seen,
            coalesce(runs.period_start, '-infinity') as period_start,
            coalesce(least(runs.period_end, runs.as_of), 'infinity') as counted_until,
            coalesce(
                coalesce(runs.as_of, clock_timestamp()) >= runs.period_end, false
            ) as is_closed
        from app.leaderboard_runs as runs
        where
            runs.stale_since is null
            and (
                runs.status = 'PROCESSING'
                or runs.id in (select id from app.latest_runs_of_periods)
            )
    ),

    -- what a board run reads: the tables of the metric and of the one that breaks ties
    reads as (
        select
            board_runs.*,
            tables.table_name,
            tables.counts_in,
            coalesce(metrics.window_behaviour, '') as window_behaviour
        from board_runs
        inner join app.leaderboard_defs as defs on board_runs.leaderboard_key = defs.key
        cross join lateral (
            values
            (defs.metric_source, defs.metric_key),
            (
                coalesce(defs.fallback_metric_source, defs.metric_source),
                defs.fallback_metric_key
            )
        ) as ranked_by (metric_source, metric_key)
        inner join app.metric_source_tables as tables
            on ranked_by.metric_source = tables.metric_source
        left join analytics.metrics
            on
                ranked_by.metric_source = metrics.metric_source
                and ranked_by.metric_key = metrics.metric_key
        where
            ranked_by.metric_key is not null
            and of_marts
            = (ranked_by.metric_source in ('season_progress', 'challenge_progress'))
    ),

    boundaries as (
        select array_agg(distinct instant order by instant) as instants
        from board_runs
        cross join lateral (
            values (board_runs.period_start), (board_runs.counted_until)
        ) as ends (instant)
    ),

    -- There may be a million notes. They become one row for all that lie alike between
    -- the boundaries of the periods.
    noted as (
        select
            notes.table_name,
            notes.operation,
            notes.kind = 'everything' as is_everything,
            notes.seen_by_boards,
            min(coalesce(notes.from_at, '-infinity')) as from_at,
            min(coalesce(notes.to_at, 'infinity')) as to_at
        from app.change_notes as notes
        cross join boundaries
        where
            notes.taken_by = taker
            and notes.table_name in (select reads.table_name from reads)
        group by
            notes.table_name,
            notes.operation,
            notes.kind = 'everything',
            notes.seen_by_boards,
            width_bucket(coalesce(notes.from_at, '-infinity'), boundaries.instants),
            width_bucket(coalesce(notes.to_at, 'infinity'), boundaries.instants)
    ),

    stale as (
        select reads.id
        from reads
        inner join noted on reads.table_name = noted.table_name
        where
            -- a mart has not shown what a run over all changes has yet to compute
            (
                of_marts
                or noted.seen_by_boards is null
                or noted.seen_by_boards > coalesce(reads.changes_seen, 0)
            )
            and (reads.is_closed or noted.operation <> 'INSERT')
            and (
                noted.from_at < reads.counted_until
                or (
                    -- a new version of a hero has the genes of the one before
                    reads.counts_in = 'every window'
                    and reads.window_behaviour <> 'as of the end'
                    and noted.operation <> 'INSERT'
                )
            )
            and (
                noted.to_at >= reads.period_start
                or reads.window_behaviour <> 'in the window'
                or reads.counts_in <> 'its window'
            )
            -- The first deploy notes that nothing was noted until then. Nothing is
            -- known of the runs before it.
            and (
                not noted.is_everything
                or noted.operation = 'TRUNCATE'
                or reads.changes_seen is not null
            )
    ),

    -- in the order in which whoever completes several runs locks them
    locked as (
        select runs.id
        from app.leaderboard_runs as runs
        where runs.id in (select stale.id from stale)
        order by runs.id
        for update
    )

    update app.leaderboard_runs as runs set stale_since = clock_timestamp()
    from locked
    where runs.id = locked.id;
end
$$;
