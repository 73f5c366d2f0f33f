-- Blocks of which the logs of a contract are not known, although later ones are.
select
    format(
        'chain %s lacks the logs of %s in %s blocks, from block %s to %s',
        gaps.chain_id,
        string_agg(distinct gaps.contract, ', '),
        max(gaps.to_block - gaps.from_block + 1),
        gaps.from_block,
        gaps.to_block
    ) as finding
from app.chain_gaps as gaps
group by gaps.chain_id, gaps.from_block, gaps.to_block
order by gaps.chain_id, gaps.from_block, gaps.to_block
