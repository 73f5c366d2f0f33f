-- The oldest preview that is not finished.
select
    preview_id,
    wanted,
    clusters,
    exclusion_id
from app.exclusion_previews
where finished_at is null
order by preview_id
limit 1
