{# The logs of known contracts that are no event of the seed chain_events. #}
select
    logs.chain_id,
    logs.block_number,
    logs.log_index,
    contracts.contract,
    contracts.address,
    logs.removed_at,
    blocks.block_time as occurred_at,
    app.abi_hex(logs.block_hash, 0, 32) as block_hash,
    app.abi_hex(logs.tx_hash, 0, 32) as tx_hash,
    app.abi_hex(logs.topic0, 0, 32) as topic0,
    num_nonnulls(logs.topic0, logs.topic1, logs.topic2, logs.topic3) as topics

from {{ source('chain', 'chain_logs') }} as logs
inner join {{ ref('chain_contracts') }} as contracts
    on
        logs.chain_id = contracts.chain_id
        and logs.address = decode(substr(contracts.address, 3), 'hex')
        and logs.block_number >= coalesce(contracts.from_block, 0)
        and (contracts.to_block is null or logs.block_number <= contracts.to_block)
left join {{ source('chain', 'chain_blocks') }} as blocks
    on
        logs.chain_id = blocks.chain_id
        and logs.block_number = blocks.block_number
        and (
            logs.block_hash = blocks.block_hash
            -- a file named no block, so that it is the canonical one
            or (logs.block_hash is null and blocks.removed_at is null)
        )
where
    not exists (
        select from {{ ref('chain_events') }} as events
        where
            contracts.contract = events.contract
            and logs.topic0 = decode(substr(events.topic0, 3), 'hex')
            and events.topics
            = num_nonnulls(logs.topic0, logs.topic1, logs.topic2, logs.topic3)
    )
