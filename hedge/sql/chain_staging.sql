-- The tables in which logs and blocks of a node wait for being written.
create temporary table if not exists chain_staged_blocks (
    chain_id integer, block_number bigint, block_hash bytea, parent_hash bytea,
    block_time timestamptz
) on commit delete rows;
create temporary table if not exists chain_staged_logs (
    chain_id integer, block_number bigint, block_hash bytea, tx_hash bytea,
    log_index integer, address bytea, topic0 bytea, topic1 bytea, topic2 bytea,
    topic3 bytea, data bytea -- noqa: RF04
) on commit delete rows
