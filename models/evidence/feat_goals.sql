{# Goals of epic feats with the values reached. One row per feat, goal and window. #}
with

goals as (

    {% for feat, metric_source, metric_key, goal in goals_of_feats() -%}
    select
        cluster_id,
        window_key,
        last_computed_at,
        '{{ feat }}_unlocked' as feat,
        '{{ metric_source }}.{{ metric_key }}' as metric,
        {{ metric_value(metric_source, metric_key) }} as value,
        {% if goal == 'classes' -%}
        (
            select nullif(count(*), 0) from {{ ref('hero_traits') }} as traits
            where traits.trait = 'class'
        ) as goal
        {%- elif goal == 'families' -%}
        (select nullif(count(*), 0) from {{ ref('pet_families') }}) as goal
        {%- else -%}
        {{ goal }} as goal
        {%- endif %}

    from {{ ref('cluster_metrics') }}
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

),

judged as (

    select
        *,
        coalesce(value >= goal, false) as is_met,
        bool_and(coalesce(value >= goal, false)) over feats as is_unlocked,
        row_number() over (feats order by metric) as goal_number,
        count(*) over feats as goal_count

    from goals
    window feats as (partition by cluster_id, window_key, feat)

)

select
    judged.cluster_id,
    judged.window_key,
    judged.feat,
    judged.metric,
    judged.value,
    judged.goal,
    judged.is_met,
    greatest(judged.last_computed_at, verified.verified_to) as occurred_at,
    -- equal shares of the feat with six decimals, whose sum is one
    case
        when judged.is_unlocked
            then
                round(judged.goal_number::numeric / judged.goal_count, 6)
                - round((judged.goal_number - 1)::numeric / judged.goal_count, 6)
        else 0
    end as contribution

from judged
left join
    {{ verified_rows(ref('cluster_metrics'), 'judged', 'judged.window_key') }}
