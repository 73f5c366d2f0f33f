-- The temporary table of logs to store, of one chain at a time. It stays for the
-- session and is emptied for each chunk.
create temp table if not exists hedge_logs (
    line bigint not null,
    block_number bigint not null,
    block_hash bytea,
    tx_hash bytea not null,
    log_index integer not null,
    address bytea not null,
    topic0 bytea,
    topic1 bytea,
    topic2 bytea,
    topic3 bytea,
    data bytea not null, -- noqa: RF04
    is_removed boolean not null
)
