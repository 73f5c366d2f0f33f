{# The rows that are older than the last full run, which has written or verified each.

   Usage: computed_by_the_last_full_run: {arguments: {computed_at: updated_at}}
   - computed_at: the column with the as-of instant of the computation
   - part: an expression of the part of the mart that is verified by itself (app.verified)
   - window: an expression of the window of a row, where rows of windows that no full run computes
     stay as they are #}
{% test computed_by_the_last_full_run(model, computed_at, part="''", window=none) %}
select {{ (grain_of(model) + [computed_at]) | join(', ') }}
from {{ model }} as rows_of_mart
left join {{ verified_rows(model, 'rows_of_mart', part) }}
where
    greatest({{ computed_at }}, verified.verified_to) < (
        select max(runs.as_of)
        from {{ source('ledger', 'etl_runs') }} as runs
        where runs.kind = 'FULL' and runs.state = 'SUCCESS'
    )
{%- if window %}
    and {{ window }} in (
        select windows.window_key from {{ ref('windows') }} as windows
    )
{%- endif %}
{% endtest %}
