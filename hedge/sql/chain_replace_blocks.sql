-- A number has one canonical block: what came with a file and is another block than the
-- node says is removed, with its logs.
with

replaced as (

    update raw.chain_blocks as kept
    set removed_at = now(), loaded_at = now()
    from pg_temp.chain_staged_blocks as staged
    where
        kept.chain_id = staged.chain_id
        and kept.block_number = staged.block_number
        and kept.block_hash <> staged.block_hash
        and kept.removed_at is null
    returning kept.chain_id, kept.block_number, kept.block_hash

)

update raw.chain_logs as kept
set removed_at = now(), loaded_at = now()
from replaced
where
    kept.chain_id = replaced.chain_id
    and kept.block_number = replaced.block_number
    and kept.block_hash = replaced.block_hash
    and kept.chain_id = %(chain)s
    and kept.removed_at is null
