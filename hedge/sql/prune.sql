-- Drops old runs and old rejected rows. The newest deploys, and the newest good runs
-- over everything, tell the next incremental run where to begin; they stay.
with

kept as (

    select run_id
    from (
        select
            run_id,
            row_number() over (
                partition by kind, scope_size is null order by as_of desc, run_id desc
            ) as age
        from app.etl_runs
        where state = 'SUCCESS' and kind in ('DEPLOY', 'FULL', 'INCREMENTAL')
    ) as good_runs
    where age <= 2

),

dropped_runs as (

    delete from app.etl_runs
    where
        started_at < now() - %(days)s * interval '1 day'
        and state <> 'RUNNING'
        and run_id not in (select run_id from kept)
    returning run_id

),

dropped_rows as (

    delete from raw.rejected_rows
    where rejected_at < now() - %(days)s * interval '1 day'
    returning 1 as dropped

)

select
    (select count(*) from dropped_runs) as runs,
    (select count(*) from dropped_rows) as rejected_rows
