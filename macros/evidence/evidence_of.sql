{# Selects the facts of a metric as its YAML describes them: facts that count, with what each
   contributes to the value, and excluded facts of the same cluster and window, with the reason. The
   rounding of a value (the entry `rounding` of the facts) is a row without a natural key.

   Usage: {{ evidence_of(metric) }}
   - metric (dict[string, any]): an element of described_metrics() #}
{% macro evidence_of(metric) -%}
    select
        judged.cluster_id,
        judged.window_key,
        '{{ metric.source }}' as metric_source,
        '{{ metric.key }}' as metric_key,
        '{{ metric.facts.what }}' as what,
        judged.occurred_at,
        judged.natural_key,
        judged.is_private,
        {% if metric.flag -%}
        case
            when judged.passed_over is null and judged.place = 1 then 1 else 0
        end as contribution,
        {% else -%}
        case
            when judged.passed_over is null {{- ' and judged.place = 1' if metric.the_first }}
                then judged.amount
            else 0
        end as contribution,
        {% endif -%}
        {% if metric.the_first -%}
        case
            when judged.passed_over is null and judged.place > 1
                then '{{ metric.the_first.others }}'
            else judged.passed_over
        end as passed_over
        {%- else -%}
        judged.passed_over
        {%- endif %}

    from (
        select
            named.*,
            {% set first = metric.the_first or {} -%}
            row_number() over (
                partition by
                    named.cluster_id,
                    named.window_key,
                    named.passed_over
                    {%- for column in first.per or [] %},
                    named.natural_key -> '{{ column }}'
                    {%- endfor %}
                order by
                    {% if first.by == 'amount' -%}
                    named.amount desc,
                    {% endif -%}
                    named.is_private asc,
                    named.occurred_at desc nulls last,
                    named.natural_key desc
            ) as place

        from (
            select
                facts.cluster_id,
                facts.window_key,
                facts.{{ metric.facts.at or 'occurred_at' }} as occurred_at,
                {% if metric.facts.rounding -%}
                case
                    when not ({{ resolve_relations(metric.facts.rounding) }})
                        then {{ natural_key(metric.facts.key) }}
                end as natural_key,
                {% else -%}
                {{ natural_key(metric.facts.key) }} as natural_key,
                {% endif -%}
                ({{ resolve_relations(metric.facts.private or 'false') }}) as is_private,
                ({{ resolve_relations(metric.amount or 1) }})::numeric as amount,
                case {{ reasons(metric.passes_over) }} end as passed_over

            from {{ resolve_relations('{' ~ metric.model ~ '}') }} as facts
            where
                -- nothing counts for a metric that the cluster is excluded from
                (
                    (select app.has_excluded_metrics()) is not true
                    or app.counted_metrics(
                        facts.cluster_id,
                        '{{ metric.source }}',
                        '{"{{ metric.key }}": 0}'
                    ) is distinct from '{}'
                )
                {%- if metric.where %}
                and ({{ resolve_relations(metric.where) }})
                {%- endif %}
        ) as named
    ) as judged
    {%- if metric.facts.staged %}

    union all

    {{ excluded_facts(metric) }}
    {%- endif %}
{%- endmacro %}
