-- What was said of a cluster in a challenge at some instants, in their order: the
-- value, the tier, the as-of instant and the run of the last change until then, the
-- definitions by which it was computed, and until when the run knew facts and links:
-- when it began, or its as-of instant where the run is not known any more. Before the
-- first change the value was zero.
with

asked as (

    select
        given.instant,
        given.place
    from unnest(%(instants)s::timestamptz[]) with ordinality as given (instant, place)

)

select
    asked.instant,
    history.as_of,
    history.run_id,
    history.definitions,
    projects.hedge_version,
    projects.deployed_at,
    coalesce(history.known_until, history.as_of) as known_until,
    coalesce(history.tier, 'NONE') as tier,
    trim_scale(coalesce(history.value, 0)) as value
from asked
left join lateral (
    select
        changes.as_of,
        changes.run_id,
        changes.definitions,
        changes.known_until,
        changes.tier,
        changes.value
    from analytics.progress_history as changes
    where
        changes.cluster_id = %(cluster)s
        and changes.challenge_key = %(challenge)s
        and changes.as_of <= asked.instant
    order by changes.as_of desc
    limit 1
) as history on true
left join app.deployed_projects as projects
    on history.definitions = projects.definitions
order by asked.place
