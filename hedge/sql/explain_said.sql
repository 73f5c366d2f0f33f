-- What was said of a cluster in a challenge at some instants, in their order: the
-- value, the tier, the as-of instant and the run of the last change until then, the
-- definitions by which it was computed, and until when the run knew facts and links:
-- when it began, or its as-of instant where the run is not known any more. Before the
-- first change the value was zero. With it the wallets that were linked and the
-- exclusions that the run followed.
with

asked as (

    select
        given.instant,
        given.place
    from unnest(%(instants)s::timestamptz[]) with ordinality as given (instant, place)

),

said as (

    select
        asked.instant,
        asked.place,
        history.as_of,
        history.run_id,
        history.definitions,
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

)

select
    said.instant,
    said.as_of,
    said.run_id,
    said.definitions,
    projects.hedge_version,
    projects.deployed_at,
    said.known_until,
    said.tier,
    said.value,
    coalesce(tiers.display_name, '') as tier_name,
    array(
        select links.address
        from app.wallet_links as links
        where
            links.cluster_id = %(cluster)s
            and links.linked_at <= said.known_until
            and coalesce(links.unlinked_at > said.known_until, true)
        order by links.address
    ) as links,
    app.exclusions_of_values(said.as_of, said.known_until) as exclusions
from said
left join app.deployed_projects as projects
    on said.definitions = projects.definitions
left join analytics.challenge_tiers as tiers
    on
        tiers.challenge_key = %(challenge)s
        and said.tier = tiers.tier_code
order by said.place
