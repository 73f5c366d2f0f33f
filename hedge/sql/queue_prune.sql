-- Deletes the jobs of the queue that no worker has begun for a day, and returns how
-- many they were. A job only wakes a worker, and a worker makes one where work has
-- none; without a worker, each wallet link would leave one for ever.
with

idle as (

    select jobs.id
    from procrastinate.procrastinate_jobs as jobs
    where
        jobs.status = 'todo'
        and not exists (
            select from procrastinate.procrastinate_events as events
            where
                events.job_id = jobs.id
                and events.at >= now() - interval '1 day'
        )
    -- one that a worker takes just now stays
    for update of jobs skip locked

),

deleted as (

    delete from procrastinate.procrastinate_jobs
    where id in (select idle.id from idle)
    returning 1 as deleted

)

select count(*) as jobs
from deleted
