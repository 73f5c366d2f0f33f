-- For the rest of the transaction: the as-of instant, and the settings of sessions that
-- read the views.
select
    set_config('hedge.as_of', %(as_of)s::timestamptz::text, true) as as_of,
    set_config('statement_timeout', %(milliseconds)s, true) as statement_timeout,
    set_config('timezone', 'UTC', true) as timezone,
    set_config('jit', 'off', true) as jit,
    set_config('random_page_cost', '1.1', true) as random_page_cost,
    set_config('search_path', 'analytics, app, raw, public', true) as search_path
