-- depends: 0108-exclusions

-- Boards and seasons have the states of challenges: a draft is computed and visible to
-- admins only, what is live is shown, and what is retired is computed no more. What
-- there is was shown already, and is live.
alter table app.leaderboard_defs
add column state text not null default 'live',
add constraint "the state is draft, live or retired"
check (state in ('draft', 'live', 'retired'));
alter table app.seasons
add column state text not null default 'live',
add constraint "the state is draft, live or retired"
check (state in ('draft', 'live', 'retired'));
comment on column app.leaderboard_defs.state is
'draft (for admins only), live, or retired (computed no more)';
comment on column app.seasons.state is
'draft (for admins only), live, or retired (computed no more)';

-- What everybody may know of: the queries of public routes and pages read boards and
-- seasons through these views alone.
create view app.public_boards as
select
    key,
    name,
    description,
    category_key,
    metric_source,
    metric_key,
    metric_direction,
    fallback_metric_source,
    fallback_metric_key,
    fallback_direction,
    third_metric_source,
    third_metric_key,
    third_direction,
    fourth_metric_source,
    fourth_metric_key,
    fourth_direction,
    ranking,
    last_key,
    time_window,
    is_active,
    verified_only,
    max_entries,
    corrected_for_days,
    is_frozen,
    state
from app.leaderboard_defs
where is_public and state <> 'draft';
comment on view app.public_boards is 'The boards of which everybody may know';
create view app.public_seasons as
select
    id,
    name,
    starts_at,
    ends_at,
    is_active,
    scoring,
    state
from app.seasons
where state <> 'draft';
comment on view app.public_seasons is 'The seasons of which everybody may know';

-- The board runs that readers see although their facts have changed since, of boards
-- that are computed again.
create or replace view app.stale_board_runs as
select
    runs.leaderboard_key,
    runs.period_start,
    runs.stale_since
from app.latest_runs_of_periods as runs
inner join app.leaderboard_defs as defs on runs.leaderboard_key = defs.key
where
    runs.stale_since is not null
    and defs.is_active
    and defs.state = 'live'
    and not app.is_final(
        runs.period_end,
        runs.as_of,
        defs.corrected_for_days,
        defs.is_frozen,
        now()
    );

-- Nothing of a draft season or a draft board is frozen, whichever statement tries to.
create function app.pass_over_drafts() returns trigger
language plpgsql
as $$
begin
    if
        exists (
            select from app.seasons
            where seasons.id = new.season_id and seasons.state = 'draft'
        )
        or exists (
            select from app.leaderboard_defs as boards
            where boards.key = new.leaderboard_key and boards.state = 'draft'
        )
    then
        return null;
    end if;
    return new;
end
$$;
create trigger pass_over_drafts before insert on app.final_standings
for each row execute function app.pass_over_drafts();

-- The season level of a cluster, where it is higher than before. Of a draft season
-- nothing is told.
create or replace function app.tell_season_level() returns trigger
language plpgsql
as $$
begin
    if
        current_setting('hedge.events', true) is distinct from 'summary'
        and exists (
            select from app.public_seasons as seasons where seasons.id = new.season_id
        )
    then
        insert into app.untold_events (event_type, cluster_id, details, is_first)
        values (
            'season.level_reached',
            new.cluster_id,
            jsonb_build_object(
                'seasonId', new.season_id,
                'level', new.level,
                'previousLevel',
                case when tg_op = 'UPDATE' then old.level else 0 end,
                'points', trim_scale(new.points),
                'pointsText', trim_scale(new.points)::text,
                'asOf', app.utc_text(new.updated_at)
            ),
            app.begins_events()
        );
    end if;
    return null;
end
$$;

-- A board run that is complete, unless the board is a draft. Of a period that is not
-- over no event is written, since its entries still change. A further run of a period
-- that was over corrects it.
create or replace function app.tell_complete_board() returns trigger
language plpgsql
as $$
begin
    if exists (
        select from app.leaderboard_defs as boards
        where boards.key = new.leaderboard_key and boards.state = 'draft'
    ) then
        return null;
    end if;
    insert into app.untold_events (event_type, leaderboard_key, details, is_first)
    values (
        case
            when new.period_end is not null and exists (
                select from app.leaderboard_runs as earlier
                where
                    earlier.leaderboard_key = new.leaderboard_key
                    and earlier.period_start = new.period_start
                    and earlier.period_end = new.period_end
                    and earlier.status = 'COMPLETE'
                    and earlier.as_of >= earlier.period_end
                    and earlier.id <> new.id
            ) then 'board.corrected'
            else 'board.completed'
        end,
        new.leaderboard_key,
        jsonb_build_object(
            'runId', new.id,
            'periodStart', app.utc_text(new.period_start),
            'periodEnd', app.utc_text(new.period_end),
            'asOf', app.utc_text(new.as_of),
            'rowCount', new.row_count
        ),
        app.begins_events()
    );
    return null;
end
$$;
