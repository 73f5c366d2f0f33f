-- The proposals that wait for a decision, the most facts first: of a rule, or one.
select
    open.proposal,
    open.rule,
    open.cluster_ids,
    open.metric,
    open.facts,
    open.first_at,
    open.last_at,
    open.reason,
    open.details,
    open.dismissed_at,
    open.dismissed_because
from app.open_suspects(%(rule)s) as open
where coalesce(open.proposal = %(proposal)s, true)
limit %(limit)s
