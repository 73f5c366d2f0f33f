{# Selects the staged facts of a metric that are not among the rows of its activity model: facts
   of a wallet that is no longer linked, facts outside of the window, and facts that the
   activity model drops.

   Usage: {{ excluded_facts(metric) }}
   - metric (dict[string, any]): an element of described_metrics() #}
{% macro excluded_facts(metric) -%}
    {%- set staged = metric.facts.staged -%}
    {%- set at = 'facts.' ~ (staged.at or 'occurred_at') -%}
    select
        judged.cluster_id,
        judged.window_key,
        '{{ metric.source }}' as metric_source,
        '{{ metric.key }}' as metric_key,
        '{{ metric.facts.what }}' as what,
        judged.occurred_at,
        null::jsonb as natural_key,
        judged.is_private,
        0 as contribution,
        judged.passed_over

    from (
        select
            facts.cluster_id,
            facts.window_key,
            {{ at }} as occurred_at,
            ({{ resolve_relations(metric.facts.private or 'false') }}) as is_private,
            case
                when not facts.is_linked then 'of a wallet that is linked no more'
                when {{ at }} >= app.as_of() then 'after the as-of instant'
                {% if not staged.state -%}
                when {{ at }} < facts.window_starts_at then 'before the window'
                {% endif -%}
                when {{ at }} >= facts.window_ends_at then 'after the window'
                {{ reasons(staged.passes_over) }}
            end as passed_over

        from (
            select
                staged.*,
                holders.cluster_id,
                holders.is_linked,
                windows.window_key,
                windows.starts_at as window_starts_at,
                windows.ends_at as window_ends_at

            from {{ resolve_relations('{' ~ staged.model ~ '}') }} as staged
            inner join {{ ref('holders') }} as holders
                on staged.{{ staged.of or 'wallet_address' }} = holders.holder
            cross join {{ ref('windows') }} as windows
        ) as facts
    ) as judged
    where judged.passed_over is not null
{%- endmacro %}
