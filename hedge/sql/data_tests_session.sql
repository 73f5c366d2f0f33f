-- Settings of the transaction in which a data test is passed: compiling costs more time
-- than it saves, and hashes are in memory (macros/session_settings.sql).
select
    set_config('timezone', 'UTC', true) as timezone,
    set_config('jit', 'off', true) as jit,
    set_config('work_mem', '256MB', true) as work_mem,
    set_config('transaction_read_only', 'on', true) as transaction_read_only
