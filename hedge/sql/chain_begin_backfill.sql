-- Notes that a backfill begins.
insert into app.chain_backfills (chain_id, from_block, to_block)
values (%(chain)s, %(first)s, %(last)s)
returning backfill_id
