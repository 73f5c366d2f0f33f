-- The tasks that have a job that waits. One under way does not count: it may have
-- looked before the work came, or have ended without being able to say so. One job too
-- many looks once and finds nothing.
select distinct task_name
from procrastinate.procrastinate_jobs
where status = 'todo'
