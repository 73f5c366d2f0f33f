-- Notes that all logs of some contracts are known from a block to another one.
insert into app.chain_coverage as stored (chain_id, address, covered)
select
    %(chain)s as chain_id,
    given.address,
    int8multirange(int8range(%(first)s, %(last)s, '[]')) as covered
from unnest(%(addresses)s::bytea[]) as given (address)
order by given.address
on conflict (chain_id, address) do update
    set covered = stored.covered + excluded.covered
    where not stored.covered @> excluded.covered
