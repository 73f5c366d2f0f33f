{# Incremental strategy latest_wins: an upsert in which the row with the latest as-of instant wins.

   Every row holds the as-of instant of the run that wrote it, from which its content has held. A
   run that verifies the mart (macros/materializations/verifying.sql) writes the rows that differ
   and notes in app.verified that all hold; any other run writes all rows that it computed, with its
   instant. What a newer run has written or verified is kept, so that the result does not depend on
   which of two runs commits last. Stale rows (of clusters or challenges that no longer exist) are
   deleted, unless they are newer than the run.

   Usage: {{ config(incremental_strategy='latest_wins', unique_key=[..]) }}
   - computed_at: the column with the as-of instant, by default last_computed_at
   - verified_by: the column of the part of the mart that a run computes whole or not at all, such as
     the window; by default there is one part
   - removable: a condition on the row `existing` that keeps what may be deleted as stale
   - mart (dict[string, any]): see the materialization incremental #}
{% macro latest_wins_write(mart) %}

    {%- set computed_at = config.get('computed_at', 'last_computed_at') -%}

    insert into {{ mart.target }} as existing ({{ mart.columns | join(', ') }})
    select computed.{{ mart.columns | join(', computed.') }}
    from {{ mart.differing if mart.verifies else mart.computed }} as computed
    where
        {{ in_batch(mart, 'computed.cluster_id') }}
        and {{ 'not computed.is_stale' if mart.verifies
            else is_not_verified_later(mart, 'computed') }}
    order by computed.{{ mart.key | join(', computed.') }}
    on conflict ({{ mart.key | join(', ') }}) do update set
        {%- for column in mart.columns if column not in mart.key %}
        {{ column }} = excluded.{{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    where
        existing.{{ computed_at }} <= excluded.{{ computed_at }}
        and (existing.{{ mart.columns | join(', existing.') }})
        is distinct from (excluded.{{ mart.columns | join(', excluded.') }})

{% endmacro %}


{# Finds the stale rows in the scope of the run, keeps their keys in a temporary table, and locks
   them in the order of the key.

   It is a statement of its own, because Citus cannot lock rows within a statement that deletes
   (docs/decisions.md).

   A run that verifies has found them when it compared, and removes them first: what it notes as
   verified must not be stale.

   Another run for every cluster counts rows first. All computed rows have been written by then, as
   of the run or later. If no row is older and there are as many rows as were computed, none is
   stale: that takes one pass over the mart, and the anti-join of all rows is not executed.

   - mart (dict[string, any]): see the materialization incremental #}
{% macro latest_wins_lock_stale(mart) %}

    {%- set computed_at = config.get('computed_at', 'last_computed_at') -%}
    {#- The condition depends on what the run leaves out, which dbt does not know when it parses. -#}
    {%- set removable = render(config.get('removable', 'true')) -%}

    create temporary table {{ mart.stale }} as
    {%- if mart.verifies %}
    select existing.{{ mart.key | join(', existing.') }}
    from {{ mart.target }} as existing
    inner join {{ mart.differing }} as differing
        on
            {%- for column in mart.key %}
            {{ 'and ' if not loop.first }}existing.{{ column }} = differing.{{ column }}
            {%- endfor %}
    where
        differing.is_stale
        and existing.{{ computed_at }} <= {{ mart.as_of }}
    order by existing.{{ mart.key | join(', existing.') }}
    for update of existing
    {%- else %}
    with computed as not materialized (
        select * from {{ mart.computed }}
    )

    {%- if not var('clusters') %},

    row_counts as (
        select
            count(*) filter (
                where existing.{{ computed_at }} < {{ mart.as_of }} and ({{ removable }})
            ) as older_rows,
            count(*) filter (
                where existing.{{ computed_at }} >= {{ mart.as_of }}
            ) as current_rows,
            (select count(*) from computed) as computed_rows

        from {{ mart.target }} as existing
        where {{ is_one_of('existing.cluster_id', var('clusters')) }}
    )
    {%- endif %}

    select existing.{{ mart.key | join(', existing.') }}
    from {{ mart.target }} as existing
    where
        {% if not var('clusters') -%}
        (
            select
                row_counts.older_rows > 0
                or row_counts.current_rows <> row_counts.computed_rows
            from row_counts
        )
        and {% endif -%}
        {{ is_one_of('existing.cluster_id', var('clusters')) }}
        and existing.{{ computed_at }} <= {{ mart.as_of }}
        and {{ is_not_verified_later(mart, 'existing') }}
        and ({{ removable }})
        and not exists (
            select from computed
            where
                {%- for column in mart.key %}
                {{ 'and ' if not loop.first }}computed.{{ column }} = existing.{{ column }}
                {%- endfor %}
        )
    order by existing.{{ mart.key | join(', existing.') }}
    for update of existing
    {%- endif %}

{% endmacro %}


{# Deletes the stale rows, which the transaction has locked. No other run can have made one of them
   newer since then, because it would have had to lock it.

   - mart (dict[string, any]): see the materialization incremental #}
{% macro latest_wins_remove_stale(mart) %}

    delete from {{ mart.target }} as existing
    using {{ mart.stale }} as stale
    where
        {%- for column in mart.key %}
        {{ 'and ' if not loop.first }}existing.{{ column }} = stale.{{ column }}
        {%- endfor %}

{% endmacro %}


{# The index that finds the rows of cluster_metrics of which something was left out, and that which
   has the standings of a season in their order.

   - mart (dict[string, any]): see the materialization incremental #}
{% macro latest_wins_index(mart) %}
    {%- if 'left_out' in model.columns -%}
    create index if not exists {{ mart.target.identifier }}_left_out
    on {{ mart.target }} (cluster_id)
    where left_out is not null
    {%- elif 'points_by_challenge' in model.columns -%}
    create index if not exists {{ mart.target.identifier }}_standings
    on {{ mart.target }} (season_id, points desc, cluster_id)
    where points > 0
    {%- endif -%}
{% endmacro %}
