-- The instant up to which the last good run over everything new saw changes. A run as
-- of an earlier instant than another's does not count: what it saw, it could not write.
select seen_until
from app.etl_runs
where state = 'SUCCESS' and kind in ('FULL', 'INCREMENTAL')
order by as_of desc, run_id desc
limit 1
