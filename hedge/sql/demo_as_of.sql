-- The earliest instant that the values of the demo's two clusters were computed as of.
select min(progress.last_computed_at)
from analytics.challenge_progress as progress
where progress.cluster_id in ('demo-busy', 'demo-rival')
