-- Settings of the transaction: a time without a zone is UTC, times are written in the
-- ISO style, work_mem suffices for one sort of the staged rows, and JIT is off because
-- it costs more than it saves here.
select
    set_config('datestyle', 'ISO', true) as datestyle,
    set_config('timezone', 'UTC', true) as timezone,
    set_config('work_mem', '64MB', true) as work_mem,
    set_config('jit', 'off', true) as jit
