-- depends: 0018-stale-boards 0049-describe-shown-wallets

-- A board ranks by one to four metrics, each in a direction. The first two keep the
-- columns that they have always had: metric_* and fallback_*.
alter table app.leaderboard_defs
add column metric_direction text not null default 'desc',
add column fallback_direction text not null default 'desc',
add column third_metric_source text,
add column third_metric_key text,
add column third_direction text not null default 'desc',
add column fourth_metric_source text,
add column fourth_metric_key text,
add column fourth_direction text not null default 'desc',
add column ranking text not null default 'dense',
add column last_key text,
add constraint "a direction is asc or desc" check (
    metric_direction in ('asc', 'desc')
    and fallback_direction in ('asc', 'desc')
    and third_direction in ('asc', 'desc')
    and fourth_direction in ('asc', 'desc')
),
add constraint "a source of the third or fourth metric has a key" check (
    (third_metric_source is null or third_metric_key is not null)
    and (fourth_metric_source is null or fourth_metric_key is not null)
),
add constraint "no ordering key is missing before the last" check (
    (third_metric_key is null or fallback_metric_key is not null)
    and (fourth_metric_key is null or third_metric_key is not null)
),
add constraint "the ranking is dense, standard or row"
check (ranking in ('dense', 'standard', 'row')),
-- without one, the ranks of equals would differ from run to run
add constraint "the ranking row, and no other, has a last key, cluster_id"
check ((ranking = 'row') = (last_key is not null) and last_key in ('cluster_id'));

comment on column app.leaderboard_defs.metric_direction is
'Whether the largest values of the metric come first (desc) or the smallest (asc)';
comment on column app.leaderboard_defs.fallback_direction is
'Whether the largest values of the metric that breaks ties come first or the smallest';
comment on column app.leaderboard_defs.third_metric_source is
'The source of the third metric that the board ranks by; null: metric_source';
comment on column app.leaderboard_defs.third_metric_key is
'The metric that decides where the first two are equal; null: none';
comment on column app.leaderboard_defs.third_direction is
'Whether the largest values of the third metric come first or the smallest';
comment on column app.leaderboard_defs.fourth_metric_source is
'The source of the fourth metric that the board ranks by; null: metric_source';
comment on column app.leaderboard_defs.fourth_metric_key is
'The metric that decides where the first three are equal; null: none';
comment on column app.leaderboard_defs.fourth_direction is
'Whether the largest values of the fourth metric come first or the smallest';
comment on column app.leaderboard_defs.ranking is
'How ranks count: dense (1, 1, 2), standard (1, 1, 3) or row (1, 2, 3)';
comment on column app.leaderboard_defs.last_key is
'What decides between equals where every row has a rank of its own; null: equals share';

-- The ordering keys of boards, one row each.
create view app.board_ordering_keys as
select
    defs.key as leaderboard_key,
    ranked_by.position,
    ranked_by.metric_key,
    ranked_by.direction,
    coalesce(ranked_by.metric_source, defs.metric_source) as metric_source
from app.leaderboard_defs as defs
cross join
    lateral (
        values
        (1, defs.metric_source, defs.metric_key, defs.metric_direction),
        (
            2,
            defs.fallback_metric_source,
            defs.fallback_metric_key,
            defs.fallback_direction
        ),
        (3, defs.third_metric_source, defs.third_metric_key, defs.third_direction),
        (4, defs.fourth_metric_source, defs.fourth_metric_key, defs.fourth_direction)
    ) as ranked_by (position, metric_source, metric_key, direction)
where ranked_by.metric_key is not null;

-- The ordering keys of boards in one row, as dbt's variable boards has them: a source
-- that is not named is that of the board, and a key that is not there has none.
create view app.board_metrics as
select
    key as leaderboard_key,
    metric_source,
    metric_key,
    fallback_metric_key,
    third_metric_key,
    fourth_metric_key,
    case
        when fallback_metric_key is not null
            then coalesce(fallback_metric_source, metric_source)
    end as fallback_metric_source,
    case
        when third_metric_key is not null
            then coalesce(third_metric_source, metric_source)
    end as third_metric_source,
    case
        when fourth_metric_key is not null
            then coalesce(fourth_metric_source, metric_source)
    end as fourth_metric_source
from app.leaderboard_defs;

-- Marks the board runs that do not show what the notes of a taker say: of each
-- period the run that counts, and those that are being computed. `of_marts` tells which
-- boards: those that rank by a mart (season points and total scores), which show a
-- change only after a run over all changes has succeeded, or those that read facts.
--
-- Of a period that goes on, facts arrive all the time and its board is due each day, so
-- that only corrections mark its run. A run does not count facts after its as-of
-- instant.
create or replace function app.mark_stale_boards(
    taker text, of_marts boolean
) returns void
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

    -- what a board run reads: the tables of its metrics
    reads as (
        select
            board_runs.*,
            tables.table_name,
            tables.counts_in,
            coalesce(metrics.window_behaviour, '') as window_behaviour
        from board_runs
        inner join app.board_ordering_keys as ranked_by
            on board_runs.leaderboard_key = ranked_by.leaderboard_key
        inner join app.metric_source_tables as tables
            on ranked_by.metric_source = tables.metric_source
        left join analytics.metrics
            on
                ranked_by.metric_source = metrics.metric_source
                and ranked_by.metric_key = metrics.metric_key
        where
            of_marts
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
