-- The facts that make a metric of a cluster as of the instant of the session, with its
-- links and exclusions, as one JSON array: what each adds, and when the raw fact behind
-- it was loaded, where that is found. What rounding adds is a fact without a key.
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

),

raw_facts as materialized (

    select
        facts.occurred_at,
        facts.named,
        facts.loaded_at
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
        max(raw_facts.loaded_at) as loaded_at
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
                'loaded_at', behind.loaded_at
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
