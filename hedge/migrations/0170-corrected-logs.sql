-- depends: 0161-lost-workers

-- A log or the time of a block that is corrected: what was stored before stays as a
-- removed log, or block, with a hash that is that of no block.
comment on column raw.chain_logs.block_hash is
'The hash of the block; null where a file does not say it; of what a corrected log'
' said before, a hash of that';
comment on column raw.chain_logs.removed_at is
'When it was found that the block is not canonical any more, or that the log says'
' something else; null while it counts';
comment on column raw.chain_blocks.block_hash is
'The hash of the block; of what a corrected log or time was before, a hash of that';
