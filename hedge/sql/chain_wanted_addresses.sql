-- The contracts of which not all logs between two blocks are known.
select coverage.address
from app.chain_coverage as coverage
where
    coverage.chain_id = %(chain)s
    and coverage.from_block <= %(last)s
    and coalesce(coverage.to_block >= %(first)s, true)
    and not coverage.covered @> int8range(
        greatest(coverage.from_block, %(first)s),
        least(coverage.to_block, %(last)s),
        '[]'
    )
order by coverage.address
