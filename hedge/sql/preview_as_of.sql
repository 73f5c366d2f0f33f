-- The instant the live marts stand at: that of the newest good run over everything new.
select as_of
from app.etl_runs
where state = 'SUCCESS' and kind in ('FULL', 'INCREMENTAL')
order by as_of desc, run_id desc
limit 1
