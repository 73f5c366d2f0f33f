-- Leaves spans for all blocks that have logs, for each of the tables; null is all of
-- them.
with
facts_again as (
    delete from app.redecoded_keys
    where table_name in (
        select decoders.table_name
        from app.chain_decoders as decoders
        where decoders.decoded_at is null
    )
),

partitions as (
    select
        split_part(relations.relname, '_', 3)::integer as chain_id,
        split_part(relations.relname, '_', 4)::bigint as millions
    from pg_inherits as children
    inner join pg_class as relations on children.inhrelid = relations.oid
    where children.inhparent = 'raw.chain_logs'::regclass
),

blocks as (
    select
        partitions.chain_id,
        (
            select min(of_chain.block_number)
            from raw.chain_logs as of_chain
            where
                of_chain.chain_id = partitions.chain_id
                and of_chain.block_number >= partitions.millions * 1000000
                and of_chain.block_number < (partitions.millions + 1) * 1000000
        ) as first_block,
        (
            select max(of_chain.block_number)
            from raw.chain_logs as of_chain
            where
                of_chain.chain_id = partitions.chain_id
                and of_chain.block_number >= partitions.millions * 1000000
                and of_chain.block_number < (partitions.millions + 1) * 1000000
        ) as last_block
    from partitions
)

insert into app.undecoded_spans (chain_id, from_block, to_block, table_name)
select
    blocks.chain_id,
    block as from_block,
    least(block + 999, blocks.last_block) as to_block,
    meant.table_name
from blocks
cross join
    lateral
    generate_series(blocks.first_block, blocks.last_block, 1000) as block
cross join unnest(%(tables)s::text[]) as meant (table_name)
