-- How far each chain is followed; instants in seconds since 1970.
select
    followers.chain_id::text as chain,
    followers.head_number,
    cursors.block_number,
    followers.is_halted::integer as is_halted,
    extract(epoch from cursors.block_time)::float8 as block_time,
    extract(
        epoch from coalesce(followers.asked_at, followers.started_at)
    )::float8 as asked_at,
    extract(epoch from followers.failing_since)::float8 as failing_since,
    greatest(followers.head_number - cursors.block_number, 0) as lag_blocks,
    (
        select coalesce(sum(upper(ranges.gap) - lower(ranges.gap)), 0)::bigint
        from (
            select
                unnest(
                    range_agg(int8range(gaps.from_block, gaps.to_block, '[]'))
                ) as gap
            from app.chain_gaps as gaps
            where followers.chain_id = gaps.chain_id
        ) as ranges
    ) as gap_blocks,
    (
        select coalesce(sum(spans.to_block - spans.from_block + 1), 0)::bigint
        from app.undecoded_spans as spans
        where followers.chain_id = spans.chain_id
    ) as undecoded_blocks,
    (
        select count(*)
        from app.chain_reorganizations as reorganizations
        where followers.chain_id = reorganizations.chain_id
    ) as reorganizations
from app.chain_followers as followers
left join app.chain_cursors as cursors on followers.chain_id = cursors.chain_id
order by followers.chain_id
