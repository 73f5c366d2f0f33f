-- The watermark of the last successful run over all changes: it has seen every change
-- that was committed before. Runs are ordered by their as-of instant, because a run as
-- of an earlier instant could not write the rows of what it saw.
select seen_until
from app.etl_runs
where state = 'SUCCESS' and kind in ('FULL', 'INCREMENTAL')
order by as_of desc, run_id desc
limit 1
