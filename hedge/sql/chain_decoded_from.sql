-- The blocks of a chain from one on whose logs were decoded into a table, as a
-- multirange: those of which no span waits.
select
    int8multirange(int8range(%(first)s, null))
    - coalesce(
        range_agg(int8range(spans.from_block, spans.to_block + 1)),
        '{}'::int8multirange
    ) as decoded
from app.undecoded_spans as spans
where
    spans.chain_id = %(chain)s
    and (spans.table_name is null or spans.table_name = %(table)s)
