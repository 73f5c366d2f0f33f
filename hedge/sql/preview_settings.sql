select
    set_config('timezone', 'UTC', true),
    set_config('jit', 'off', true),
    set_config('work_mem', '256MB', true),
    set_config('random_page_cost', '1.1', true),
    set_config('hedge.as_of', {as_of}, true),
    set_config('hedge.windows', {windows}, true)
