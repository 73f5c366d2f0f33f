-- The settings of a session that computes metric sources aside.
select
    set_config('jit', 'off', false) as jit,
    set_config('work_mem', '256MB', false) as work_mem,
    set_config('random_page_cost', '1.1', false) as random_page_cost,
    set_config('client_min_messages', 'warning', false) as client_min_messages,
    set_config('statement_timeout', %(timeout)s, false) as statement_timeout,
    set_config('hedge.as_of', %(as_of)s, false) as as_of
