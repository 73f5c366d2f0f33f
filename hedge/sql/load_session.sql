-- A time without a zone is UTC; room for one sort; statements of a second are not
-- compiled.
select
    set_config('timezone', 'UTC', true) as timezone,
    set_config('work_mem', '64MB', true) as work_mem,
    set_config('jit', 'off', true) as jit
