-- Deletes old runs and old rejected rows. The newest successful deploys, full and
-- incremental runs are kept, because the next incremental run starts from them; so are
-- the runs that changed what is live, as long as an undo can go back to them.
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
    ) as successful_runs
    where age <= 2

    union all

    select live.run_id
    from app.live_definitions as live
    where
        live.definitions is null
        or exists (
            select from app.deployed_projects as projects
            where projects.definitions = live.definitions
        )

),

deleted_runs as (

    delete from app.etl_runs
    where
        started_at < now() - %(days)s * interval '1 day'
        and state <> 'RUNNING'
        and run_id not in (select run_id from kept)
    returning run_id

),

deleted_rows as (

    delete from raw.rejected_rows
    where rejected_at < now() - %(days)s * interval '1 day'
    returning 1 as deleted

)

select
    (select count(*) from deleted_runs) as runs,
    (select count(*) from deleted_rows) as rejected_rows
