-- Take the staged blocks away whose number has another canonical block: one that is
-- stored, or one before it among those that are staged.
with first_staged as (

    select distinct on (block_number)
        block_number,
        block_hash
    from pg_temp.hedge_blocks
    order by block_number, line

),

canonical as (

    select
        first_staged.block_number,
        coalesce(blocks.block_hash, first_staged.block_hash) as block_hash
    from first_staged
    left join raw.chain_blocks as blocks
        on
            first_staged.block_number = blocks.block_number
            and blocks.chain_id = %(chain)s
            and blocks.block_number between %(from_block)s and %(to_block)s
            and blocks.removed_at is null

),

refused as (

    delete from pg_temp.hedge_blocks as staged
    using canonical
    where
        staged.block_number = canonical.block_number
        and staged.block_hash <> canonical.block_hash
    returning
        staged.line,
        staged.block_number,
        encode(staged.block_hash, 'hex') as block_hash,
        encode(canonical.block_hash, 'hex') as canonical_hash

)

select * from refused
order by line
