-- The staged logs; one whose block is canonical again keeps its row. Returns how many
-- were written.
with

written as (

    insert into raw.chain_logs as kept
    (
        chain_id, block_number, block_hash, tx_hash, log_index, address,
        topic0, topic1, topic2, topic3, data
    )
    select
        chain_id,
        block_number,
        block_hash,
        tx_hash,
        log_index,
        address,
        topic0,
        topic1,
        topic2,
        topic3,
        data
    from pg_temp.chain_staged_logs
    order by block_number, log_index
    on conflict (tx_hash, log_index, block_hash, chain_id, block_number) do update
        set removed_at = null, loaded_at = now()
        where kept.removed_at is not null
    returning 1

)

select count(*)::integer as number
from written
