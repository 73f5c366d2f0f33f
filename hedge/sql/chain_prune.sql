-- Deletes backfills that have ended, or whose process has died, and reorganizations,
-- once they are older than a number of days; returns how many. Which blocks are known
-- is kept elsewhere.
with

deleted_backfills as (

    delete from app.chain_backfills as backfills
    where
        backfills.moved_at < now() - %(days)s * interval '1 day'
        and coalesce(backfills.finished_at, '-infinity')
        < now() - %(days)s * interval '1 day'
    returning backfills.backfill_id

),

deleted_reorganizations as (

    delete from app.chain_reorganizations as reorganizations
    where reorganizations.found_at < now() - %(days)s * interval '1 day'
    returning reorganizations.reorganization_id

)

select
    (select count(*) from deleted_backfills)
    + (select count(*) from deleted_reorganizations) as chain_records
