-- A number has one canonical block: what came with a file and is another block than the
-- node says is removed, with its logs.
with

replaced as (

    update raw.chain_blocks as stored
    set removed_at = now(), loaded_at = now()
    from pg_temp.chain_staged_blocks as staged
    where
        stored.chain_id = staged.chain_id
        and stored.block_number = staged.block_number
        and stored.block_hash <> staged.block_hash
        and stored.removed_at is null
    returning stored.chain_id, stored.block_number, stored.block_hash

)

update raw.chain_logs as stored
set removed_at = now(), loaded_at = now()
from replaced
where
    stored.chain_id = replaced.chain_id
    and stored.block_number = replaced.block_number
    and stored.block_hash = replaced.block_hash
    and stored.chain_id = %(chain)s
    and stored.removed_at is null
