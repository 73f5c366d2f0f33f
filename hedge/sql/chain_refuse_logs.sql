-- Take the staged logs away whose block is not canonical, because their number has
-- another canonical block.
with refused as (

    delete from pg_temp.hedge_logs as staged
    using raw.chain_blocks as blocks
    where
        not staged.is_removed
        and blocks.chain_id = %(chain)s
        and blocks.block_number between %(from_block)s and %(to_block)s
        and blocks.removed_at is null
        and staged.block_number = blocks.block_number
        and staged.block_hash <> blocks.block_hash
    returning
        staged.line,
        staged.block_number,
        encode(staged.block_hash, 'hex') as block_hash,
        encode(blocks.block_hash, 'hex') as canonical_hash

)

select * from refused
order by line
