{# Goals of epic feats with the values reached. One row per feat, goal and window. #}
{%- set goals = [
    ('vangardian', 'onchain_metis_patrol', 'wins', 100),
    ('vangardian', 'onchain_metis_patrol', 'elite_wins', 25),
    ('vangardian', 'onchain_shells', 'shells_collected', 500),
    ('vangardian', 'onchain_influence', 'bets_won', 50),
    ('vangardian', 'onchain_tournaments', 'entries', 10),
    ('vangardian', 'onchain_tournaments', 'top_finish', 1),
    ('worldforged_summoner', 'onchain_summoning', 'worldforged_count', 1),
    ('grandmaster_geneweaver', 'onchain_summoning', 'geneweaver_count', 1),
    ('eternal_collector', 'onchain_heroes', 'mythic_class_count', 'classes'),
    ('crowned_jeweler', 'onchain_staking', 'stake_duration_days', 1000),
    ('mythic_menagerie', 'onchain_pets', 'odd_family_count', 'families'),
] %}
with

goals as (

    {% for feat, metric_source, metric_key, goal in goals -%}
    select
        cluster_id,
        window_key,
        last_computed_at as occurred_at,
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
    cluster_id,
    window_key,
    feat,
    metric,
    value,
    goal,
    occurred_at,
    is_met,
    -- equal shares of the feat with six decimals, whose sum is one
    case
        when is_unlocked
            then
                round(goal_number::numeric / goal_count, 6)
                - round((goal_number - 1)::numeric / goal_count, 6)
        else 0
    end as contribution

from judged
