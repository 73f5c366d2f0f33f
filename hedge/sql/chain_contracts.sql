-- The contracts of a chain in the deployed seed. One that is listed twice, with other
-- blocks, is asked for once.
select
    string_agg(distinct contracts.contract, ', ') as name,
    decode(substr(lower(contracts.address), 3), 'hex') as address,
    min(coalesce(contracts.from_block, 0))::bigint as from_block,
    case when bool_and(contracts.to_block is not null) then max(contracts.to_block) end
    ::bigint as to_block
from analytics.chain_contracts as contracts
where contracts.chain_id = %(chain)s
group by lower(contracts.address)
order by address
