-- Lets requests wait while every run fails: no attempt is used up, and the pause
-- doubles up to the longest one.
update app.etl_requests
set
    error = %(error)s,
    taken_by = null,
    taken_since = null,
    batch = null,
    times_held_back = times_held_back + 1,
    next_attempt_at
    = now() + least(%(first_pause)s * 2 ^ least(times_held_back, 20), %(longest_pause)s)
where request_id = any(%(requests)s)
