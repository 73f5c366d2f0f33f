{# What the epic feats ask for, and what was found. One row per feat, goal and window. #}
with

known as (select * from {{ ref('cluster_metrics') }}),

goals as (

    select
        known.cluster_id,
        known.window_key,
        known.last_computed_at as occurred_at,
        goals.*,
        goals.value >= goals.goal as is_met

    from known
    cross join lateral (
        values
        {% for feat, goals in {
            'vangardian_unlocked': [
                ('onchain_metis_patrol', 'wins', 100),
                ('onchain_metis_patrol', 'elite_wins', 25),
                ('onchain_shells', 'shells_collected', 500),
                ('onchain_influence', 'bets_won', 50),
                ('onchain_tournaments', 'entries', 10),
                ('onchain_tournaments', 'top_finish', 1),
            ],
            'worldforged_summoner_unlocked': [
                ('onchain_summoning', 'worldforged_count', 1),
            ],
            'grandmaster_geneweaver_unlocked': [
                ('onchain_summoning', 'geneweaver_count', 1),
            ],
            'eternal_collector_unlocked': [
                ('onchain_heroes', 'mythic_class_count', "(
                    select count(*) from " ~ ref('hero_traits') ~ " as traits
                    where traits.trait = 'class'
                )"),
            ],
            'crowned_jeweler_unlocked': [
                ('onchain_staking', 'stake_duration_days', 1000),
            ],
            'mythic_menagerie_unlocked': [
                ('onchain_pets', 'odd_family_count', "(
                    select count(*) from " ~ ref('pet_families') ~ "
                )"),
            ],
        }.items() -%}
        {% set is_last = loop.last -%}
        {% for metric_source, metric_key, goal in goals -%}
        (
            '{{ feat }}',
            '{{ metric_source }}.{{ metric_key }}',
            {{ found(metric_source, metric_key) }},
            -- a list that is empty is no goal
            nullif({{ goal }}, 0),
            {{ loop.index }},
            {{ loop.length }}
        ){{ ',' if not (loop.last and is_last) }}
        {% endfor -%}
        {% endfor -%}
    ) as goals (feat, metric, value, goal, number, numbers)

),

judged as (

    select
        *,
        coalesce(
            bool_and(is_met) over (partition by cluster_id, window_key, feat), false
        ) as is_unlocked

    from goals

)

select
    cluster_id,
    window_key,
    feat,
    metric,
    value,
    goal,
    occurred_at,
    coalesce(is_met, false) as is_met,
    -- equal shares of the feat, six decimals each, that add up to one
    case
        when is_unlocked
            then round(number::numeric / numbers, 6)
            - round((number - 1)::numeric / numbers, 6)
        else 0
    end as share

from judged
