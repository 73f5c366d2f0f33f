-- What was decided about proposals, the newest first.
select
    decision_id,
    proposal,
    rule,
    cluster_ids,
    facts,
    last_at,
    found_reason,
    decision,
    exclusion_ids,
    reason,
    decided_at,
    decided_by
from app.suspect_decisions
where decision_id < %(before)s
order by decision_id desc
limit %(limit)s
