-- The ends of past periods of a cluster that are asked for and not stored as a run
-- would compute them now, newest first.
select
    ends.changes,
    app.utc_text(ends.ends_at) as ends_at,
    'end:' || app.utc_text(ends.ends_at) as window_key
from app.past_ends as ends
where
    ends.cluster_id = %(cluster)s
    and not app.is_end_current(
        ends.changes,
        ends.computed_changes,
        ends.definitions,
        (select app.deployed_definitions())
    )
order by ends.ends_at desc
limit %(limit)s
