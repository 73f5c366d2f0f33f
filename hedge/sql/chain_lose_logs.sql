-- Marks the logs of lost blocks as removed; returns how many.
with

lost as (

    update raw.chain_logs
    set removed_at = now(), loaded_at = now()
    where
        chain_id = %(chain)s
        and block_number > %(ancestor)s
        and block_number <= %(lost)s
        and removed_at is null
    returning 1

)

select count(*)::integer as number
from lost
