-- The partitions of raw.chain_logs of a chain and those that are detached, in their
-- order, and why one cannot be detached whose blocks have to be older than an interval
-- (null: it can).
with partitions as (

    select
        relations.relname as name,
        relations.relispartition as is_attached,
        pg_total_relation_size(relations.oid) as bytes,
        split_part(relations.relname, '_', 4)::bigint * 1000000 as from_block
    from pg_class as relations
    where
        relations.relnamespace = 'raw'::regnamespace
        and relations.relkind = 'r'
        and relations.relname ~ format('^chain_logs_%%s_[0-9]+$', %(chain)s::integer)

)

select
    partitions.name,
    partitions.from_block,
    partitions.is_attached,
    partitions.bytes,
    newest.block_time as newest_block_at,
    partitions.from_block + 999999 as to_block,
    case
        when not partitions.is_attached then 'it is detached'
        when
            partitions.from_block
            = max(partitions.from_block) filter (where partitions.is_attached) over ()
            then 'it is the newest one of the chain'
        when newest.block_time is null then 'none of its blocks is known'
        when newest.block_time >= now() - %(older_than)s::interval
            then 'it is not that old'
        when
            exists (
                select from app.undecoded_spans as spans
                where
                    spans.chain_id = %(chain)s
                    and spans.from_block <= partitions.from_block + 999999
                    and spans.to_block >= partitions.from_block
            )
            then 'it has logs that are not decoded'
    end as kept_because
from partitions
left join lateral (
    select blocks.block_time from raw.chain_blocks as blocks
    where
        blocks.chain_id = %(chain)s
        and blocks.block_number between
        partitions.from_block and partitions.from_block + 999999
        and blocks.removed_at is null
    order by blocks.block_number desc
    limit 1
) as newest on true
order by partitions.from_block
