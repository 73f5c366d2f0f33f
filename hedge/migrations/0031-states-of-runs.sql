-- depends: 0028-patient-requests

-- A run that was stopped is CANCELLED. A run that left out metric sources or clusters
-- that cannot be computed, and brought the others up to date, is PARTIAL.
alter table app.etl_runs
drop constraint "state is a state of a run",
add constraint "state is a state of a run"
check (state in ('RUNNING', 'SUCCESS', 'PARTIAL', 'FAILED', 'CANCELLED'));
