-- Whether the first spans that wait have so many logs. Each span is looked up in the
-- index: a join could be one with all logs.
select count(*) >= %(logs)s as are_many
from (
    select logs.block_number
    from (
        select
            chain_id,
            from_block,
            to_block
        from app.undecoded_spans
        order by table_name nulls first, chain_id, from_block
        limit %(spans)s
    ) as spans
    cross join
        lateral (
            select of_span.block_number
            from raw.chain_logs as of_span
            where
                of_span.chain_id = spans.chain_id
                and of_span.block_number between spans.from_block and spans.to_block
            order by of_span.block_number
            limit %(logs)s
        ) as logs
    limit %(logs)s -- noqa: AM09
) as waiting
