-- The newest backfills of each chain. One that has not ended and has written nothing
-- for five minutes is dead: it is started again by the same command.
select
    backfills.chain_id,
    backfills.backfill_id,
    backfills.from_block,
    backfills.to_block,
    backfills.started_at,
    backfills.moved_at,
    backfills.finished_at,
    backfills.error,
    case
        when backfills.error is not null then 'FAILED'
        when backfills.finished_at is not null then 'DONE'
        when backfills.moved_at < now() - interval '5 minutes' then 'DEAD'
        else 'RUNNING'
    end as state
from (
    select
        numbered.*,
        row_number() over (
            partition by numbered.chain_id
            order by numbered.backfill_id desc
        ) as place
    from app.chain_backfills as numbered
) as backfills
where backfills.place <= 5 or backfills.finished_at is null
order by backfills.chain_id asc, backfills.backfill_id desc
