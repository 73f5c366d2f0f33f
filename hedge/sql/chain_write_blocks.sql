-- The staged blocks; one that is canonical again keeps its row.
insert into raw.chain_blocks as kept
(chain_id, block_number, block_hash, parent_hash, block_time)
select
    chain_id,
    block_number,
    block_hash,
    parent_hash,
    block_time
from pg_temp.chain_staged_blocks
order by block_number
on conflict (chain_id, block_number, block_hash) do update
    set
        parent_hash = excluded.parent_hash, block_time = excluded.block_time,
        removed_at = null, loaded_at = now()
    where
    kept.removed_at is not null
    or (kept.parent_hash, kept.block_time)
    is distinct from (excluded.parent_hash, excluded.block_time)
