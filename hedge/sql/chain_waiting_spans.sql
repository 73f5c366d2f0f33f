-- Spans of one chain that wait, in the order of their blocks: of new logs first, then
-- those that a change of the views of one table has left. A span is known by its place
-- and the time at which it was noted.
with
first_span as (
    select
        chain_id,
        table_name
    from app.undecoded_spans
    order by table_name nulls first, chain_id
    limit 1
)

select
    spans.chain_id,
    spans.table_name,
    spans.from_block,
    spans.to_block,
    spans.ctid::text as place,
    spans.noted_at
from app.undecoded_spans as spans
inner join first_span
    on
        spans.chain_id = first_span.chain_id
        and spans.table_name is not distinct from first_span.table_name
order by spans.from_block
limit %(spans)s
