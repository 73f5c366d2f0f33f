-- Store the staged blocks of a chain, whose numbers are between two, and count them. A
-- block that was removed is canonical again. Nothing is written of a block that is
-- stored as it is. Where the time of a block is corrected, what it was before stays as
-- a removed block that never was, with those of its logs whose facts have the time in
-- their key, so that decoding takes these facts back (chain_store_logs.sql).
with candidates as materialized (

    select distinct on (block_number) *
    from pg_temp.hedge_blocks
    order by block_number asc, line desc

),

compared as materialized (

    select
        candidates.*,
        existing.is_stored,
        existing.is_equal,
        existing.former_time
    from candidates
    left join lateral (
        select
            true as is_stored,
            blocks.block_time = candidates.block_time
            and blocks.removed_at is null
            and (
                candidates.parent_hash is null
                or blocks.parent_hash is not distinct from candidates.parent_hash
            ) as is_equal,
            nullif(blocks.block_time, candidates.block_time) as former_time
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

),

former as (

    select
        block_number,
        block_hash,
        former_time,
        sha256(convert_to(
            row(block_hash, extract(epoch from former_time))::text, 'UTF8'
        )) as former_hash
    from compared
    where former_time is not null

),

kept_blocks as (

    insert into raw.chain_blocks (
        chain_id, block_number, block_hash, block_time, removed_at
    )
    select
        %(chain)s as chain_id,
        block_number,
        former_hash,
        former_time,
        now() as removed_at
    from former
    on conflict do nothing

),

kept_logs as (

    insert into raw.chain_logs (
        chain_id, block_number, block_hash, tx_hash, log_index, address,
        topic0, topic1, topic2, topic3, data, removed_at
    )
    select
        logs.chain_id,
        logs.block_number,
        former.former_hash,
        logs.tx_hash,
        logs.log_index,
        logs.address,
        logs.topic0,
        logs.topic1,
        logs.topic2,
        logs.topic3,
        logs.data,
        now() as removed_at
    from former
    inner join raw.chain_logs as logs
        on
            logs.chain_id = %(chain)s
            and logs.block_number between %(from_block)s and %(to_block)s
            and former.block_number = logs.block_number
            and (former.block_hash = logs.block_hash or logs.block_hash is null)
    -- versions of heroes and pets
    where
        app.object_of_log(logs.topic0, logs.topic2, logs.topic3, logs.data)
        is not null
    on conflict do nothing

)

select
    (select count(*) from compared) as row_count,
    (select count(*) from inserted) as inserted,
    (select count(*) from updated) as updated
