{# The goals of epic feats: the feat, the metric source and the metric key of a goal, and the value to
   reach. `classes` and `families` are as many as their seeds list.

   Usage: {% for feat, metric_source, metric_key, goal in goals_of_feats() %} .. {% endfor %} #}
{% macro goals_of_feats() -%}
    {{- return([
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
    ]) -}}
{%- endmacro %}
