-- How many logs of some contracts are stored between two blocks, but those that were
-- removed.
select count(*)
from raw.chain_logs as logs
where
    logs.chain_id = %(chain)s
    and logs.block_number between %(first)s and %(last)s
    and logs.address = any(%(addresses)s::bytea[])
    and logs.removed_at is null
