-- The hash of the definitions that are live; null when dbt was run by hand since the
-- last deploy and may have brought others.
select
    (
        select runs.definitions from app.etl_runs as runs
        where runs.kind = 'DEPLOY' and runs.state = 'SUCCESS'
        order by runs.run_id desc
        limit 1
    )
where
    not exists (
        select from app.etl_runs as by_hand
        where
            by_hand.definitions is null
            and by_hand.run_id > (
                select max(runs.run_id) from app.etl_runs as runs
                where runs.kind = 'DEPLOY' and runs.state = 'SUCCESS'
            )
    )
union all
select null
limit 1
