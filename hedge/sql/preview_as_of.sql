-- The as-of instant of the newest successful run over all changes, which is that of the
-- live marts.
select as_of
from app.etl_runs
where state in ('SUCCESS', 'PARTIAL') and kind in ('FULL', 'INCREMENTAL')
order by as_of desc, run_id desc
limit 1
