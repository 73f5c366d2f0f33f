-- A time without a zone is UTC; room for one sort; no compiling of statements that run for a second.
select
    set_config('timezone', 'UTC', true),
    set_config('work_mem', '64MB', true),
    set_config('jit', 'off', true)
