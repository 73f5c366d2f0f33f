{# Selects the value of a metric over all time after each event that counts: cluster_id,
   occurred_at and total.

   Usage: totals as ({{ totals_of_events(metric, clusters) }})
   - metric (dict[string, any]): an element of described_metrics() for which
     adds_up(metric) is true
   - clusters (list[string]): the names of the clusters #}
{% macro totals_of_events(metric, clusters) -%}
    {%- set first = metric.the_first or {} -%}
    {%- set every_event = dict(
        metric,
        amount=1 if metric.flag else metric.amount,
        flag=none,
        the_first=none,
        facts=dict(metric.facts, staged=none),
    ) -%}
    select
        events.cluster_id,
        events.occurred_at,
        sum(events.contribution) over (
            partition by events.cluster_id order by events.occurred_at
        ) as total

    from (
        select
            facts.cluster_id,
            facts.occurred_at,
            facts.contribution,
            -- of several that count once, the earliest
            row_number() over (
                partition by facts.cluster_id
                {%- for column in first.per or [] %},
                facts.natural_key -> '{{ column }}'
                {%- endfor %}
                order by facts.occurred_at
            ) as place

        from (
            {{ evidence_of(every_event) }}
        ) as facts
        where
            facts.cluster_id = any({{ text_array(clusters) }})
            and facts.window_key = 'all_time'
            and facts.passed_over is null
    ) as events
    {%- if first.per %}
    where events.place = 1
    {%- endif %}
{%- endmacro %}


{# Whether a metric is the sum of its events in the order of their time, so that the event is known
   with which it reached a value: its facts are events of an activity model, and not the best of
   several or what was held at an instant.

   - metric (dict[string, any]): an element of described_metrics() #}
{% macro adds_up(metric) -%}
    {%- do return(
        described_model(metric.source).columns[metric.key].meta.only_grows
        and described_model(metric.model).path.startswith('activity/')
        and not (metric.the_first or {}).by
    ) -%}
{%- endmacro %}
