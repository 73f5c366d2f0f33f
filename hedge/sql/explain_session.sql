-- For the rest of the transaction: as of the instant of the value, and in its window
-- alone.
select
    set_config('timezone', 'UTC', true) as timezone,
    set_config('jit', 'off', true) as jit,
    set_config('random_page_cost', '1.1', true) as random_page_cost,
    -- a plan for every metric at once takes the planner long, and is none
    set_config('plan_cache_mode', 'force_custom_plan', true) as plan_cache_mode,
    set_config('hedge.as_of', %(as_of)s::timestamptz::text, true) as as_of,
    set_config('hedge.windows', array[%(window)s]::text[]::text, true) as windows
