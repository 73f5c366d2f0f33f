{# Incremental strategy: an upsert in which the newest as-of instant wins.

   Every computed row carries the as-of instant of its run. A row that stands with a newer
   one is left alone, whichever run commits last; so is one that is the same already. Rows
   of the run's scope that were not computed again (a cluster or a challenge that is gone)
   are removed, unless they are newer.

   Usage: {{ config(incremental_strategy='latest_wins', unique_key=[..]) }}
   - computed_at: the column with the as-of instant, unless it is last_computed_at
   - removes: a condition that keeps what may be removed, on the row `standing` and the
     rows `computed` #}
{% macro get_incremental_latest_wins_sql(arg_dict) %}

    {%- set target = arg_dict.target_relation -%}
    {%- set computed = arg_dict.temp_relation -%}
    {%- set key = arg_dict.unique_key -%}
    {%- set columns = arg_dict.dest_columns -%}
    {%- set computed_at = config.get('computed_at', 'last_computed_at') -%}

    {% if arg_dict.portion <= arg_dict.portions %}

    insert into {{ target }} as standing ({{ columns | join(', ') }})
    select {{ columns | join(', ') }}
    from {{ computed }}
    where {{ in_portion(arg_dict) }}
    order by {{ key | join(', ') }}
    on conflict ({{ key | join(', ') }}) do update set
        {%- for column in columns if column not in key %}
        {{ column }} = excluded.{{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    where
        standing.{{ computed_at }} <= excluded.{{ computed_at }}
        and (standing.{{ columns | join(', standing.') }})
        is distinct from (excluded.{{ columns | join(', excluded.') }})

    {#- Never for --empty, which computes nothing and means nothing by it. -#}
    {% elif not flags.EMPTY %}

    with computed as not materialized (
        select * from {{ computed }}
    ),

    {% if not var('clusters') -%}
    -- All that was computed stands by now, as of the run or later. Where nothing older
    -- stands, and no more than that, none is gone: one pass instead of an anti-join.
    suspicion as (
        select
            count(*) filter (
                where
                    standing.{{ computed_at }} < app.as_of()
                    and ({{ config.get('removes', 'true') }})
            ) > 0
            or count(*) filter (where standing.{{ computed_at }} >= app.as_of())
            <> (select count(*) from computed) as is_raised

        from {{ target }} as standing
        where {{ in_scope('standing.cluster_id') }}
    ),

    {% endif -%}
    gone as (
        select {{ key | join(', ') }}
        from {{ target }} as standing
        where
            {% if not var('clusters') -%}
            (select is_raised from suspicion)
            and {% endif -%}
            {{ in_scope('standing.cluster_id') }}
            and standing.{{ computed_at }} <= app.as_of()
            and ({{ config.get('removes', 'true') }})
            and not exists (
                select from computed
                where
                    {%- for column in key %}
                    {{ 'and ' if not loop.first }}computed.{{ column }} = standing.{{ column }}
                    {%- endfor %}
            )
        order by {{ key | join(', ') }}
        for update
    )
    delete from {{ target }} as standing
    using gone
    where
        {%- for column in key %}
        {{ 'and ' if not loop.first }}standing.{{ column }} = gone.{{ column }}
        {%- endfor %}

    {% endif %}

{% endmacro %}


{# The condition that keeps one portion of the clusters. #}
{% macro in_portion(arg_dict) -%}
    {%- if arg_dict.portions == 1 -%}
        true
    {%- else -%}
        abs(hashtext(cluster_id)::bigint) % {{ arg_dict.portions }} = {{ arg_dict.portion - 1 }}
    {%- endif -%}
{%- endmacro %}
