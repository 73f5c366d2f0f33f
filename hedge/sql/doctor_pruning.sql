-- Runs of the ledger that pruning would have deleted a week ago.
select
    format(
        '%s runs of the ledger are older than 97 days, the oldest of %s',
        count(*),
        to_char(min(started_at), 'YYYY-MM-DD')
    ) as finding
from app.etl_runs
where started_at < now() - interval '97 days'
having count(*) > 100
