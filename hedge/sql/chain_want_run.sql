-- Notes that new facts of a chain want an incremental run.
update app.chain_wakes set wanted_at = clock_timestamp()
