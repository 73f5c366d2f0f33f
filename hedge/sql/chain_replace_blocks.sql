-- A number has one canonical block: what is another block than the node says, such as
-- one that came with a file, is removed with its logs.
with

given as (

    select
        blocks.block_number,
        blocks.block_hash
    from
        unnest(%(numbers)s::bigint[], %(hashes)s::bytea[])
            as blocks (block_number, block_hash)

),

replaced as (

    update raw.chain_blocks as kept
    set removed_at = now(), loaded_at = now()
    from given
    where
        kept.chain_id = %(chain)s
        and kept.block_number between %(first)s and %(last)s
        and kept.block_number = given.block_number
        and kept.block_hash <> given.block_hash
        and kept.removed_at is null

)

update raw.chain_logs as kept
set removed_at = now(), loaded_at = now()
from given
where
    kept.chain_id = %(chain)s
    and kept.block_number between %(first)s and %(last)s
    and kept.block_number = given.block_number
    and kept.block_hash <> given.block_hash
    and kept.removed_at is null
