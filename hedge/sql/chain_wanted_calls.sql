-- The calls that facts of a chain want, up to a final block, with the addresses of the
-- contracts: of a value that never changes one for each argument. Where the node did
-- not have the state, it is asked again a day later.
select distinct on (
    wanted.contract, wanted.called_function, wanted.argument, wanted.is_of_block,
    case when wanted.is_of_block then wanted.block_number end
)
    wanted.contract,
    wanted.called_function,
    wanted.argument,
    wanted.is_of_block,
    wanted.block_number,
    decode(substr(lower(contracts.address), 3), 'hex') as address
from app.chain_wanted_calls as wanted
inner join analytics.chain_contracts as contracts
    on
        wanted.chain_id = contracts.chain_id
        and wanted.contract = contracts.contract
where
    wanted.chain_id = %(chain)s
    and wanted.block_number <= %(final)s
    and wanted.argument >= 0
    and wanted.argument < 2::numeric ^ 256
    and (
        wanted.lacked_at is null
        or wanted.lacked_at < clock_timestamp() - interval '1 day'
    )
order by
    wanted.contract, wanted.called_function, wanted.argument, wanted.is_of_block,
    case when wanted.is_of_block then wanted.block_number end, wanted.block_number,
    contracts.address
limit %(limit)s
