-- How many kinds of logs no decoder takes, by contract and reason, and when the one was
-- first seen that came last. There may be millions of such logs: each kind is found by
-- the index, behind the one before.
with recursive kinds as (

    (
        select
            logs.chain_id,
            logs.contract,
            logs.reason,
            logs.block_number,
            coalesce(logs.topic0, '') as topic0
        from raw.undecoded_logs as logs
        order by
            logs.chain_id asc,
            logs.contract asc,
            logs.reason asc,
            coalesce(logs.topic0, '') asc,
            logs.block_number asc
        limit 1
    )

    union all

    select
        behind.chain_id,
        behind.contract,
        behind.reason,
        behind.block_number,
        behind.topic0
    from kinds
    cross join lateral (
        select
            logs.chain_id,
            logs.contract,
            logs.reason,
            logs.block_number,
            coalesce(logs.topic0, '') as topic0
        from raw.undecoded_logs as logs
        where
            (logs.chain_id, logs.contract, logs.reason, coalesce(logs.topic0, ''))
            > (kinds.chain_id, kinds.contract, kinds.reason, kinds.topic0)
        order by
            logs.chain_id asc,
            logs.contract asc,
            logs.reason asc,
            coalesce(logs.topic0, '') asc,
            logs.block_number asc
        limit 1
    ) as behind

)

select
    kinds.chain_id::text as chain,
    kinds.contract,
    kinds.reason,
    count(*) as number,
    extract(epoch from max(blocks.block_time))::float8 as newest
from kinds
left join raw.chain_blocks as blocks
    on
        kinds.chain_id = blocks.chain_id
        and kinds.block_number = blocks.block_number
        and blocks.removed_at is null
group by kinds.chain_id, kinds.contract, kinds.reason
order by kinds.chain_id, kinds.contract, kinds.reason
