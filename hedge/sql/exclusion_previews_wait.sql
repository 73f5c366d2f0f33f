-- Whether a preview waits to be computed.
select count(*) > 0 as do_wait
from app.exclusion_previews
where finished_at is null
