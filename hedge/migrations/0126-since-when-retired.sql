-- depends: 0125-planned-exclusions

-- The unit of the values of a metric: of the two that are no metric of the catalogue,
-- points of a season and ladders of the progress, else what the catalogue says.
create function app.unit_of_metric(metric_source text, unit text) returns text
language sql immutable parallel safe
return case metric_source
    when 'season_progress' then 'points'
    when 'challenge_progress' then 'ladders'
    else unit
end;
comment on function app.unit_of_metric(text, text) is
'The unit of a metric, also of the points of a season and of the progress';

-- Since when a board or a season is retired: the newest change of its state. null where
-- that was before changes were noted. Readers may not read who changed what.
create function app.retired_since(kind text, key text) returns timestamptz
language sql stable parallel safe security definer
set search_path to pg_catalog, pg_temp
as $$
    select max(changes.changed_at)
    from app.definition_changes as changes
    where
        changes.key = retired_since.key
        and changes.kind = retired_since.kind
        and changes.part is null
        and changes.new_values ->> 'state' = 'retired'
$$;
comment on function app.retired_since(text, text) is
'Since when a board or a season is retired; null where nobody noted it';

create or replace view app.public_boards as
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
    state,
    case when state = 'retired' then app.retired_since('board', key) end as retired_at
from app.leaderboard_defs
where is_public and state <> 'draft';
create or replace view app.public_seasons as
select
    id,
    name,
    starts_at,
    ends_at,
    is_active,
    scoring,
    state,
    case when state = 'retired' then app.retired_since('season', id) end as retired_at
from app.seasons
where state <> 'draft';
