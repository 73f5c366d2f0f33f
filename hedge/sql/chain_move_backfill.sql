-- Notes that a backfill goes on.
update app.chain_backfills set moved_at = now()
where backfill_id = %(backfill)s
