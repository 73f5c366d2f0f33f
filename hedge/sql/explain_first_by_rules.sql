-- The instant from which on all that was said until another one was computed by one and
-- the same deployed definitions: no row where that is the first instant, and where one
-- cannot tell what rules make of facts, because the definitions are not known, the
-- evidence is not described, or the metric is made of other metrics.
with

changes as (

    select
        history.as_of,
        history.definitions
    from analytics.progress_history as history
    where
        history.cluster_id = %(cluster)s
        and history.challenge_key = %(challenge)s
        and history.as_of between %(since)s::timestamptz and %(until)s::timestamptz

)

select min(changes.as_of) as as_of
from changes
where
    changes.as_of > (
        select max(earlier.as_of) from changes as earlier
        where earlier.definitions is distinct from %(definitions_after)s
    )
    and %(definitions_before)s <> %(definitions_after)s
    and %(is_described)s
    and not exists (
        select from analytics.metric_inputs as inputs
        where
            inputs.metric_source = %(metric_source)s
            and inputs.metric_key = %(metric_key)s
    )
having count(*) > 0
