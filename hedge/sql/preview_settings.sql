select
    set_config('timezone', 'UTC', true),
    set_config('jit', 'off', true),
    set_config('work_mem', '256MB', true),
    set_config('hedge.as_of', {as_of}, true),
    set_config('hedge.windows', {windows}, true)
