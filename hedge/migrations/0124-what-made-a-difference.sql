-- depends: 0123-as-of-of-workers

-- What makes the difference between what was said at two instants: the evidence is read
-- with the links and the exclusions of either of them.

-- The instant whose links an explanation reads, from the setting hedge.links_as_of;
-- null everywhere else, which are the links that are active now.
--
-- It is declared immutable although it reads a setting, so that the planner replaces
-- the call by its value: the view linked_wallets has the plans of `unlinked_at is
-- null`. A statement is planned each time that the setting changes, because
-- explain_session forces custom plans.
create function app.links_as_of() returns timestamptz
language sql immutable parallel safe
return nullif(current_setting('hedge.links_as_of', true), '')::timestamptz;
comment on function app.links_as_of() is
'The instant whose links are read; null for those that are active now';

-- The exclusions that the evidence of a difference follows, by their numbers, from the
-- setting hedge.counted_exclusions; null everywhere else, which are those of the as-of
-- instant.
create function app.counted_exclusions() returns bigint[]
language sql stable parallel safe
return nullif(current_setting('hedge.counted_exclusions', true), '')::bigint[];
comment on function app.counted_exclusions() is
'The exclusions that an explanation follows; null for those of the as-of instant';

create or replace view app.valid_exclusions as
with known as (
    select exclusions.*
    from app.exclusions
    where
        exclusions.exclusion_id not in (
            select previewed.exclusion_id from app.previewed_exclusion() as previewed
        )
    union all
    select previewed.*
    from app.previewed_exclusion() as previewed
)

select
    exclusion_id,
    wallet_address,
    raw_table,
    fact,
    metric_source,
    metric_key,
    board_key,
    season_id,
    reason,
    starts_at,
    ends_at,
    created_at,
    created_by,
    ended_at,
    app.remaining_cluster(cluster_id) collate "C" as cluster_id
from known
where
    case
        when app.counted_exclusions() is not null
            then exclusion_id = any(app.counted_exclusions())
        else
            starts_at <= app.as_of()
            and app.as_of() < least(ends_at, coalesce(ended_at, 'infinity'))
    end;

-- The exclusions that values as of an instant follow, by their numbers: a run that
-- began later knows those that were made until then.
create function app.exclusions_of_values(
    at_instant timestamptz, known_until timestamptz
) returns bigint[]
language sql stable parallel safe security definer
set search_path to pg_catalog, pg_temp
as $$
    select coalesce(array_agg(known.exclusion_id order by known.exclusion_id), '{}')
    from app.exclusions as known
    where
        known.starts_at <= at_instant
        and at_instant < least(known.ends_at, coalesce(known.ended_at, 'infinity'))
        and known.created_at <= greatest(known_until, at_instant)
        and num_nonnulls(known.board_key, known.season_id) = 0
$$;
comment on function app.exclusions_of_values(timestamptz, timestamptz) is
'The exclusions that values as of an instant follow, as they were known later';
