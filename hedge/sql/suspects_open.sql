-- The proposals that wait for a decision, the most facts first: of a rule, or one.
select
    waiting.proposal,
    waiting.rule,
    waiting.cluster_ids,
    waiting.metric,
    waiting.facts,
    waiting.first_at,
    waiting.last_at,
    waiting.reason,
    waiting.details,
    waiting.dismissed_at,
    waiting.dismissed_because
from app.open_suspects(%(rule)s) as waiting
where coalesce(waiting.proposal = %(proposal)s, true)
order by waiting.facts desc, waiting.proposal asc
limit %(limit)s
