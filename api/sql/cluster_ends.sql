-- The ends of the past days, weeks or months of a cluster before a place, newest first,
-- not further back than so many units, with the values of some challenges. An end that
-- nobody has asked for has no row, and one that no run has computed has no progress.
with

instants as (

    select
        (
            date_trunc(%(unit)s, now() at time zone 'UTC')
            - steps.step * ('1 ' || %(unit)s)::interval
        ) at time zone 'UTC' as ends_at
    from generate_series(0, %(most)s - 1) as steps (step)

),

page as (

    select instants.ends_at
    from instants
    where instants.ends_at < %(before)s or %(before)s::timestamptz is null
    order by instants.ends_at desc
    limit %(limit)s

)

select
    page.ends_at,
    runs.as_of,
    app.is_end_current(
        past_ends.changes,
        past_ends.computed_changes,
        past_ends.definitions,
        (select app.deployed_definitions())
    ) as is_current,
    past_ends.cluster_id is not null as is_asked_for,
    coalesce(
        (
            select
                jsonb_agg(
                    jsonb_build_object(
                        'challenge_key', computed.challenge_key,
                        'value', (computed.outcome ->> 0)::numeric,
                        'tier', computed.outcome ->> 1
                    )
                    order by computed.challenge_key
                )
            from jsonb_each(past_ends.progress) as computed (challenge_key, outcome)
            where computed.challenge_key = any(%(challenges)s)
        ),
        '[]'
    ) as challenges
from page
left join app.past_ends
    on page.ends_at = past_ends.ends_at and past_ends.cluster_id = %(cluster)s
left join app.etl_runs as runs
    on past_ends.run_id = runs.run_id
order by page.ends_at desc
