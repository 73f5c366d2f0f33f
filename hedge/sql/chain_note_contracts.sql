-- Makes the contracts of a chain those whose coverage is kept.
with

given as (

    select
        addresses.address,
        addresses.contract,
        addresses.from_block,
        addresses.to_block
    from
        unnest(
            %(addresses)s::bytea[], %(names)s::text[], %(from_blocks)s::bigint[],
            %(to_blocks)s::bigint[]
        ) as addresses (address, contract, from_block, to_block)

),

dropped as (

    delete from app.chain_coverage
    where
        chain_coverage.chain_id = %(chain)s
        and not exists (
            select from given
            where chain_coverage.address = given.address
        )

)

insert into app.chain_coverage as kept
(chain_id, address, contract, from_block, to_block)
select
    %(chain)s as chain_id,
    given.address,
    given.contract,
    given.from_block,
    given.to_block
from given
order by given.address
on conflict (chain_id, address) do update
    set
        contract = excluded.contract, from_block = excluded.from_block,
        to_block = excluded.to_block
    where
    (kept.contract, kept.from_block, kept.to_block)
    is distinct from (excluded.contract, excluded.from_block, excluded.to_block)
