{# Notes that the progress of all clusters, and the points of the seasons that the run has computed, are
   complete to what the row of the run says. A run that left something out, or failed, notes nothing;
   one over which a run of a later instant has written neither.

   Usage: on-run-end, after the row of the run is closed: {{ keep_completeness() }} #}
{% macro keep_completeness() -%}
        with this_run as (
            select run_id, as_of, windows, complete_to
            from {{ source('ledger', 'etl_runs') }}
            where invocation_id = '{{ invocation_id }}'
        )
        insert into app.completeness as kept (season_id, run_id, chains)
        select computed.season_id, this_run.run_id, this_run.complete_to
        from this_run
        cross join lateral (
            {% if run_kind() != 'SEASON' -%}
            select null as season_id
            union all
            {% endif -%}
            select seasons.id as season_id
            from {{ source('app', 'seasons') }} as seasons
            where
                seasons.starts_at <= this_run.as_of
                and case
                    when this_run.windows is null
                        then
                            seasons.is_active
                            and seasons.state <> 'retired'
                            -- as in models/staging/seasons.sql
                            and this_run.as_of
                            < seasons.ends_at + 7 * interval '24 hours'
                    else 'season:' || seasons.id = any(this_run.windows)
                end
        ) as computed
        where not exists (
            select from {{ source('ledger', 'etl_runs') }} as later
            where
                later.kind in ('FULL', 'INCREMENTAL', '{{ run_kind() }}')
                and later.state = 'SUCCESS'
                and later.as_of > this_run.as_of
        )
        on conflict (season_id) do update
            set run_id = excluded.run_id, chains = excluded.chains
{%- endmacro %}
