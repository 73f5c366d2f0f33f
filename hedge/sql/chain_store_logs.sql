-- Store the staged logs of a chain, whose blocks are between two numbers, and count
-- them. Nothing is written of a log that is stored as it is. What a log said before it
-- was corrected stays as a removed log of a block that never was, so that decoding
-- takes back what it stated, as it does where a block is not canonical any more.
with deduplicated as (

    select distinct on (block_number, tx_hash, log_index, block_hash) *
    from pg_temp.hedge_logs
    order by
        block_number asc, tx_hash asc, log_index asc, block_hash asc, line desc

),

-- A row that names no block and one that does are one log. The first candidate of a log
-- may give its block to a stored row without one.
candidates as (

    select
        *,
        count(block_hash) over (
            partition by block_number, tx_hash, log_index
        ) as blocks_named,
        row_number() over (
            partition by block_number, tx_hash, log_index
            order by (block_hash is null) asc, is_removed asc, line desc
        ) as place
    from deduplicated

),

compared as materialized (

    select
        candidates.*,
        existing.is_stored,
        existing.block_hash as stored_hash,
        existing.removed_at as stored_removed_at,
        existing.former,
        (existing.former).chain_id is not null as is_changed,
        -- what names no block cannot say whether a block that is known is canonical
        case
            when candidates.block_hash is null and existing.block_hash is not null
                then existing.removed_at
            when candidates.is_removed then coalesce(existing.removed_at, now())
        end as removed_at
    from candidates
    left join lateral (
        select
            true as is_stored,
            chain_logs.block_hash,
            chain_logs.removed_at,
            case
                when (
                    chain_logs.address <> candidates.address
                    or chain_logs.topic0 is distinct from candidates.topic0
                    or chain_logs.topic1 is distinct from candidates.topic1
                    or chain_logs.topic2 is distinct from candidates.topic2
                    or chain_logs.topic3 is distinct from candidates.topic3
                    or chain_logs.data <> candidates.data
                ) then chain_logs
            end as former
        from raw.chain_logs
        where
            chain_logs.chain_id = %(chain)s
            and chain_logs.block_number between %(from_block)s and %(to_block)s
            and chain_logs.block_number = candidates.block_number
            and chain_logs.tx_hash = candidates.tx_hash
            and chain_logs.log_index = candidates.log_index
            and (
                chain_logs.block_hash = candidates.block_hash
                or candidates.block_hash is null
                or (chain_logs.block_hash is null and candidates.place = 1)
            )
        order by
            (chain_logs.block_hash is not distinct from candidates.block_hash) desc,
            chain_logs.removed_at desc nulls first
        limit 1
    ) as existing on true
    where candidates.block_hash is not null or candidates.blocks_named = 0

),

updated as (

    update raw.chain_logs
    set
        block_hash = coalesce(compared.stored_hash, compared.block_hash),
        address = compared.address,
        topic0 = compared.topic0,
        topic1 = compared.topic1,
        topic2 = compared.topic2,
        topic3 = compared.topic3,
        data = compared.data,
        removed_at = compared.removed_at,
        loaded_at = now()
    from compared
    where
        compared.is_stored
        and (
            compared.is_changed
            or compared.removed_at is distinct from compared.stored_removed_at
            or (compared.stored_hash is null and compared.block_hash is not null)
        )
        and chain_logs.chain_id = %(chain)s
        and chain_logs.block_number between %(from_block)s and %(to_block)s
        and chain_logs.block_number = compared.block_number
        and chain_logs.tx_hash = compared.tx_hash
        and chain_logs.log_index = compared.log_index
        and chain_logs.block_hash is not distinct from compared.stored_hash
    returning 1

),

inserted as (

    insert into raw.chain_logs (
        chain_id, block_number, block_hash, tx_hash, log_index, address,
        topic0, topic1, topic2, topic3, data, removed_at
    )
    select
        %(chain)s as chain_id,
        block_number,
        block_hash,
        tx_hash,
        log_index,
        address,
        topic0,
        topic1,
        topic2,
        topic3,
        data,
        removed_at
    from compared
    where is_stored is null
    returning 1

),

former as (

    select
        (former).*, -- noqa: AL03
        -- another one for each content, so that a log can be corrected again
        sha256(convert_to(
            row(
                (former).block_hash, (former).address, (former).topic0,
                (former).topic1, (former).topic2, (former).topic3, (former).data
            )::text, 'UTF8'
        )) as former_hash
    from compared
    where is_changed

),

kept_logs as (

    insert into raw.chain_logs (
        chain_id, block_number, block_hash, tx_hash, log_index, address,
        topic0, topic1, topic2, topic3, data, removed_at
    )
    select
        chain_id,
        block_number,
        former_hash,
        tx_hash,
        log_index,
        address,
        topic0,
        topic1,
        topic2,
        topic3,
        data,
        now() as removed_at
    from former
    on conflict do nothing

),

-- The time of the block is part of the key of some facts.
kept_blocks as (

    insert into raw.chain_blocks (
        chain_id, block_number, block_hash, block_time, removed_at
    )
    select
        former.chain_id,
        former.block_number,
        former.former_hash,
        blocks.block_time,
        now() as removed_at
    from former
    inner join raw.chain_blocks as blocks
        on
            blocks.chain_id = %(chain)s
            and blocks.block_number between %(from_block)s and %(to_block)s
            and former.block_number = blocks.block_number
            and (
                former.block_hash = blocks.block_hash
                or (former.block_hash is null and blocks.removed_at is null)
            )
    on conflict do nothing

)

select
    (select count(*) from compared) as row_count,
    (select count(*) from inserted) as inserted,
    (select count(*) from updated) as updated
