{# The days that the semantic layer knows. One row per UTC day. #}
{#
   MetricFlow joins measures of time to it where a day may have no row. The game began in 2021.
#}
select days.at::date as date_day
from
    generate_series(
        '2021-01-01'::timestamp, app.as_of() at time zone 'UTC', interval '1 day'
    ) as days (at)
