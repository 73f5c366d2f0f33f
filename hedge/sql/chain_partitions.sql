-- Create the partitions of spans of a million blocks of a chain where they are missing.
select
    app.create_log_partitions(
        %(chain)s, millions.number * 1000000, millions.number * 1000000
    )
from unnest(%(millions)s::bigint[]) as millions (number)
