-- depends: 0013-change-notes

-- What tier_unlocks records of the run that granted or revoked a tier.

-- The run of the session, as the hook of each mart sets it; null outside of a run.
create function app.run_id() returns bigint
language sql stable parallel safe
return nullif(current_setting('hedge.run_id', true), '')::bigint;
