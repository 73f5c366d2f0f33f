-- The numbers of the stored blocks from the highest final one to another one, the
-- highest first.
select block_number
from raw.chain_blocks
where
    chain_id = %(chain)s
    and block_number between %(final)s and %(highest)s
    and removed_at is null
order by block_number desc
