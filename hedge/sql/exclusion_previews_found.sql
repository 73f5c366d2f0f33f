-- A preview that was asked for; whether a worker lives that can compute it.
select
    previews.preview_id,
    previews.wanted,
    previews.clusters,
    previews.exclusion_id,
    previews.asked_at,
    previews.asked_by,
    previews.proposal,
    previews.finished_at,
    previews.answer,
    previews.error,
    (select living.workers > 0 from app.living_workers as living) as has_worker
from app.exclusion_previews as previews
where previews.preview_id = %(preview)s
