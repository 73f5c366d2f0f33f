-- The facts that make a metric of a cluster as of the instant of the session, as one
-- JSON array: what each adds, and whether it was known and its wallet was linked when
-- the run read (known_until), where the raw fact behind it is found. A run as of an
-- earlier instant knows what was loaded and linked until it runs.
with

evidence as materialized (

    select
        metric_evidence.what,
        metric_evidence.natural_key,
        metric_evidence.occurred_at,
        metric_evidence.contribution,
        metric_evidence.is_private
    from analytics.metric_evidence
    where
        metric_evidence.cluster_id = %(cluster)s
        and metric_evidence.window_key = %(window)s
        and metric_evidence.metric_source = %(metric_source)s
        and metric_evidence.metric_key = %(metric_key)s
        and metric_evidence.passed_over is null
        and metric_evidence.natural_key is not null

),

-- wallets that are linked now, and when each link began
links as materialized (

    select
        address,
        bool_or(
            linked_at <= %(known_until)s
            and coalesce(unlinked_at > %(known_until)s, true)
        ) as was_linked
    from app.wallet_links
    where cluster_id = %(cluster)s
    group by address

),

raw_facts as materialized (

    select
        facts.occurred_at,
        facts.named,
        facts.loaded_at <= %(known_until)s as was_known,
        (
            select bool_or(links.was_linked)
            from jsonb_each_text(facts.fact) as columns
            inner join links on columns.value = links.address
        ) as was_linked
    from analytics.supporting_facts as facts
    where
        %(is_sum)s
        and facts.cluster_id = %(cluster)s
        and facts.raw_table = any(%(raw_tables)s::text[])
        and not facts.is_price

),

behind as (

    select
        evidence.what,
        evidence.natural_key,
        evidence.occurred_at,
        bool_and(raw_facts.was_known) as was_known,
        bool_and(raw_facts.was_linked) as was_linked
    from evidence
    inner join raw_facts
        on
            evidence.occurred_at = raw_facts.occurred_at
            and raw_facts.named @> evidence.natural_key
    group by evidence.what, evidence.natural_key, evidence.occurred_at

)

select
    coalesce(
        jsonb_agg(
            jsonb_build_object(
                'what', evidence.what,
                'natural_key', evidence.natural_key,
                'occurred_at', evidence.occurred_at,
                'contribution', evidence.contribution,
                'is_private', evidence.is_private,
                'was_known', coalesce(behind.was_known, true),
                'was_linked', coalesce(behind.was_linked, true)
            )
        ),
        '[]'
    )::text as facts
from evidence
left join behind
    on
        evidence.what = behind.what
        and evidence.natural_key = behind.natural_key
        and evidence.occurred_at = behind.occurred_at
