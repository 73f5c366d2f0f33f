-- The hashes of the canonical blocks of some numbers.
select
    block_number,
    block_hash
from raw.chain_blocks
where
    chain_id = %(chain)s
    and block_number = any(%(numbers)s)
    and removed_at is null
