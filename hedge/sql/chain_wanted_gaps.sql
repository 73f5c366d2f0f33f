-- The ranges of blocks between two of which the logs of some contract are not known.
with

gaps as (

    select
        unnest(
            int8multirange(
                int8range(
                    greatest(coverage.from_block, %(first)s),
                    greatest(
                        coverage.from_block,
                        %(first)s,
                        least(coverage.to_block, %(last)s) + 1
                    )
                )
            ) - coverage.covered
        ) as gap
    from app.chain_coverage as coverage
    where coverage.chain_id = %(chain)s

),

together as (

    select unnest(range_agg(gaps.gap)) as gap
    from gaps

)

select
    lower(together.gap) as first_block,
    upper(together.gap) - 1 as last_block
from together
order by first_block
