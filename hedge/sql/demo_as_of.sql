-- The earliest instant that the values of the demo's two clusters were computed as of.
select min(greatest(progress.last_computed_at, verified.verified_to))
from analytics.challenge_progress as progress
left join app.verified
    on
        verified.mart = 'analytics.challenge_progress'
        and verified.part = ''
        and verified.portion = app.portion_of(progress.cluster_id)
where progress.cluster_id in ('demo-busy', 'demo-rival')
