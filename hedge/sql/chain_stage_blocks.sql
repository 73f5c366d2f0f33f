-- The temporary table of blocks to store, as of logs.
create temp table if not exists hedge_blocks (
    line bigint not null,
    block_number bigint not null,
    block_hash bytea not null,
    parent_hash bytea,
    block_time timestamptz not null
)
