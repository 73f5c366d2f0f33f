-- The cursor of a chain.
select
    block_number,
    block_hash
from app.chain_cursors
where chain_id = %(chain)s
