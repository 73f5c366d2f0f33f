-- Finishes an undo, if its full run used the restored definitions; returns its number.
update app.undos
set
    full_run = runs.run_id,
    revoked = %(revoked)s,
    finished_at = now()
from app.etl_runs as runs
where
    undos.undo_id = %(undo)s
    and runs.run_id = %(full_run)s
    and undos.restored = runs.definitions
returning undos.undo_id
