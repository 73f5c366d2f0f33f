-- The earliest instant that the values of the demo's two clusters were computed as of.
select min(greatest(progress.last_computed_at, verified.verified_to))
from analytics.challenge_progress as progress
left join lateral app.progress_verified(progress.cluster_id) as verified on true
where progress.cluster_id in ('demo-busy', 'demo-rival')
