-- Store the staged blocks of a chain, whose numbers are between two, and count them. A
-- block that was removed is canonical again. Nothing is written of a block that is
-- stored as it is.
with candidates as materialized (

    select distinct on (block_number) *
    from pg_temp.hedge_blocks
    order by block_number asc, line desc

),

compared as materialized (

    select
        candidates.*,
        existing.is_stored,
        existing.is_equal
    from candidates
    left join lateral (
        select
            true as is_stored,
            blocks.block_time = candidates.block_time
            and blocks.removed_at is null
            and (
                candidates.parent_hash is null
                or blocks.parent_hash is not distinct from candidates.parent_hash
            ) as is_equal
        from raw.chain_blocks as blocks
        where
            blocks.chain_id = %(chain)s
            and blocks.block_number = candidates.block_number
            and blocks.block_hash = candidates.block_hash
    ) as existing on true

),

updated as (

    update raw.chain_blocks as blocks
    set
        parent_hash = coalesce(compared.parent_hash, blocks.parent_hash),
        block_time = compared.block_time,
        removed_at = null,
        loaded_at = now()
    from compared
    where
        compared.is_stored
        and not compared.is_equal
        and blocks.chain_id = %(chain)s
        and blocks.block_number = compared.block_number
        and blocks.block_hash = compared.block_hash
    returning 1

),

inserted as (

    insert into raw.chain_blocks (
        chain_id, block_number, block_hash, parent_hash, block_time
    )
    select
        %(chain)s as chain_id,
        block_number,
        block_hash,
        parent_hash,
        block_time
    from compared
    where is_stored is null
    returning 1

)

select
    (select count(*) from compared) as row_count,
    (select count(*) from inserted) as inserted,
    (select count(*) from updated) as updated
