-- Forgets that the logs of the blocks from one to another, both included, are known.
-- Rows are locked in the order in which chain_cover.sql locks them.
with

locked as (

    select coverage.address
    from app.chain_coverage as coverage
    where coverage.chain_id = %(chain)s
    order by coverage.address
    for update

)

update app.chain_coverage as kept
set
    covered = kept.covered
    - int8multirange(int8range(%(first)s, %(last)s + 1))
from locked
where kept.chain_id = %(chain)s and kept.address = locked.address
