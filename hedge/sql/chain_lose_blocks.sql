-- Marks lost blocks as removed, and forgets what contracts answered at their ends.
with

forgotten as (

    delete from raw.chain_call_results
    where
        chain_id = %(chain)s
        and block_number > %(ancestor)s

)

update raw.chain_blocks
set removed_at = now(), loaded_at = now()
where
    chain_id = %(chain)s
    and block_number > %(ancestor)s
    and block_number <= %(lost)s
    and removed_at is null
