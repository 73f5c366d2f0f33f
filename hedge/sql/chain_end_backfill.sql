-- Notes that a backfill has ended, with an error where it has not reached its end.
update app.chain_backfills set finished_at = now(), error = %(error)s
where backfill_id = %(backfill)s
