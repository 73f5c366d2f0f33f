-- Notes what was decided about a proposal, with what it rested on.
insert into app.suspect_decisions (
    proposal, rule, cluster_ids, facts, last_at, found_reason, decision, exclusion_ids,
    reason, decided_by
)
values (
    %(proposal)s, %(rule)s, %(cluster_ids)s, %(facts)s, %(last_at)s, %(found_reason)s,
    %(decision)s, %(exclusion_ids)s, %(reason)s, %(by)s
)
returning decision_id
