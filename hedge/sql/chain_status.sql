-- What is known of each chain that is followed, whose logs are known or wait to be
-- decoded, or that has a node. A follower is alive while it holds the lock of its
-- chain.
with

chains as (

    select chain_id
    from app.chain_followers
    union
    select chain_id
    from app.chain_backfills
    union
    select chain_id
    from app.chain_coverage
    union
    select chain_id
    from app.undecoded_spans
    union
    select chain_id
    from raw.undecoded_logs
    union
    select chain_id
    from app.pending_counts
    union
    select chain_id
    from unnest(%(configured)s::integer[]) as configured (chain_id)

),

spans as (

    select
        chain_id,
        sum(to_block - from_block + 1)::bigint as undecoded_blocks,
        min(noted_at) as undecoded_since
    from app.undecoded_spans
    group by chain_id

),

reorganizations as (

    select
        chain_id,
        count(*) as reorganizations,
        max(found_at) as last_reorganization_at,
        max(lost_number - ancestor_number) as deepest_reorganization
    from app.chain_reorganizations
    group by chain_id

)

select
    chains.chain_id,
    followers.head_number,
    followers.final_number,
    followers.asked_at,
    followers.failing_since,
    followers.error,
    cursors.block_number,
    cursors.block_time,
    cursors.moved_at,
    spans.undecoded_since,
    reorganizations.last_reorganization_at,
    reorganizations.deepest_reorganization,
    greatest(followers.head_number - cursors.block_number, 0) as lag_blocks,
    extract(epoch from now() - cursors.block_time)::bigint as age_seconds,
    coalesce(followers.is_halted, false) as is_halted,
    coalesce(spans.undecoded_blocks, 0) as undecoded_blocks,
    coalesce(reorganizations.reorganizations, 0) as reorganizations,
    exists(
        select from pg_locks as held
        inner join pg_database as catalogs on held.database = catalogs.oid
        where
            held.locktype = 'advisory'
            and held.granted
            and catalogs.datname = current_catalog
            and held.classid = %(lock)s
            and held.objid = chains.chain_id
            and held.objsubid = 2
    ) as is_followed
from chains
left join app.chain_followers as followers on chains.chain_id = followers.chain_id
left join app.chain_cursors as cursors on chains.chain_id = cursors.chain_id
left join spans on chains.chain_id = spans.chain_id
left join reorganizations on chains.chain_id = reorganizations.chain_id
order by chains.chain_id
