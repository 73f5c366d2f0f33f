-- The definitions that hedge deployed last, and the first run of dbt by hand since then
-- with unknown ones. Both are null where there is none.
with

deploys as (

    select
        run_id,
        definitions
    from app.etl_runs
    where kind = 'DEPLOY' and state = 'SUCCESS' and definitions is not null
    order by run_id desc
    limit 1

)

select
    (select deploys.definitions from deploys) as definitions,
    (
        select min(by_hand.run_id) from app.etl_runs as by_hand
        where
            by_hand.definitions is null
            and by_hand.run_id > (select deploys.run_id from deploys)
    ) as run_id
