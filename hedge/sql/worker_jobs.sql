-- The tasks that have a job, waiting or under way.
select distinct task_name
from procrastinate.procrastinate_jobs
where status in ('todo', 'doing')
