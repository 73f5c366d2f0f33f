-- The settings of a session that builds a scratch mart: some of those of the macro
-- session_settings, the as-of instant and the windows of the preview, and the exclusion
-- that it is about, whose text is in hexadecimal digits because dbt renders this.
select
    set_config('timezone', 'UTC', true) as timezone,
    set_config('jit', 'off', true) as jit,
    set_config('work_mem', '256MB', true) as work_mem,
    set_config('random_page_cost', '1.1', true) as random_page_cost,
    set_config('statement_timeout', %(timeout)s, true) as statement_timeout,
    set_config('hedge.as_of', %(as_of)s, true) as as_of,
    set_config('hedge.windows', %(windows)s, true) as windows,
    set_config(
        'hedge.previewed_exclusion',
        convert_from(decode(%(exclusion)s, 'hex'), 'UTF8'),
        true
    ) as previewed_exclusion
