-- Logs of known contracts that no decoder takes.
select
    undecoded.chain_id,
    undecoded.contract,
    undecoded.reason,
    '0x' || encode(undecoded.topic0, 'hex') as topic0,
    sum(undecoded.number_of_logs)::bigint as logs,
    min(undecoded.block_number) as first_block,
    max(undecoded.block_number) as last_block
from raw.undecoded_logs as undecoded
group by undecoded.chain_id, undecoded.contract, undecoded.reason, undecoded.topic0
order by undecoded.chain_id, undecoded.contract, undecoded.reason, undecoded.topic0
