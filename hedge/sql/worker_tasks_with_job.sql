-- The tasks that have a job which no worker has begun. A job that has begun does not
-- count: it may have read the table before the work was committed, or its worker may
-- have died. A superfluous job does no harm, because its task finds nothing to do.
select distinct task_name
from procrastinate.procrastinate_jobs
where status = 'todo'
