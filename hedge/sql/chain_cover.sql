-- Notes that all logs of some contracts are known from a block to another one. Rows are
-- locked in one order, because several processes do so.
with

locked as (

    select coverage.address
    from app.chain_coverage as coverage
    where
        coverage.chain_id = %(chain)s
        and coverage.address = any(%(addresses)s::bytea[])
    order by coverage.address
    for update

)

update app.chain_coverage as kept
set
    covered = kept.covered
    + int8multirange(int8range(%(first)s, %(last)s, '[]'))
from locked
where kept.chain_id = %(chain)s and kept.address = locked.address
