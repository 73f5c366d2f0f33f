-- Takes spans of one chain, in the order of their blocks: of new logs first, then those
-- that a change of the views of one table has left.
with
first_span as (
    select
        chain_id,
        table_name
    from app.undecoded_spans
    order by table_name nulls first, chain_id
    limit 1
),

taken as (
    select spans.ctid as tuple
    from app.undecoded_spans as spans
    inner join first_span
        on
            spans.chain_id = first_span.chain_id
            and spans.table_name is not distinct from first_span.table_name
    order by spans.from_block
    limit %(spans)s
)

delete from app.undecoded_spans
where ctid = any(array(select tuple from taken))
returning chain_id, table_name, from_block, to_block
