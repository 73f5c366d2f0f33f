-- A row without a block hash and the same log with one are one row.
update raw.chain_logs as kept
set block_hash = staged.block_hash, removed_at = null, loaded_at = now()
from pg_temp.chain_staged_logs as staged
where
    kept.tx_hash = staged.tx_hash
    and kept.log_index = staged.log_index
    and kept.block_hash is null
    and kept.chain_id = staged.chain_id
    and kept.block_number = staged.block_number
    and not exists (
        select from raw.chain_logs as others
        where
            others.tx_hash = staged.tx_hash
            and others.log_index = staged.log_index
            and others.block_hash = staged.block_hash
            and others.chain_id = staged.chain_id
            and others.block_number = staged.block_number
    )
