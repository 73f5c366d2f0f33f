-- The contracts of chains that are followed or backfilled, and what lacks of their
-- logs.
select
    coverage.chain_id,
    coverage.contract,
    coverage.from_block,
    coverage.to_block,
    '0x' || encode(coverage.address, 'hex') as address,
    coalesce(
        (
            select
                jsonb_agg(
                    jsonb_build_array(gaps.from_block, gaps.to_block)
                    order by gaps.from_block
                )
            from app.chain_gaps as gaps
            where
                coverage.chain_id = gaps.chain_id
                and coverage.address = gaps.address
        ),
        '[]'
    ) as gaps
from app.chain_coverage as coverage
order by coverage.chain_id, coverage.contract, coverage.address
