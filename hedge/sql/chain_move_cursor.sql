-- Sets the cursor of a chain on a block.
insert into app.chain_cursors (chain_id, block_number, block_hash, block_time)
values (%(chain)s, %(number)s, %(hash)s, %(time)s)
on conflict (chain_id) do update
    set
        block_number = excluded.block_number, block_hash = excluded.block_hash,
        block_time = excluded.block_time, moved_at = now()
