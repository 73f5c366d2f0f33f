-- No seed repeats a key of seeds/_seeds.yml: a seed has no contract with a primary key.
{% set selects = [] %}
{% for seed in [
    'categories',
    'chain_calls',
    'chain_contracts',
    'chain_events',
    'chain_fact_columns',
    'chain_fact_tables',
    'chains',
    'challenge_tiers',
    'challenges',
    'code_values',
    'elite_difficulties',
    'enemy_pools',
    'gene_layout',
    'hero_traits',
    'league_points',
    'leagues',
    'lp_pools',
    'mastery_weights',
    'metrics',
    'mutation_pairs',
    'pet_appearances',
    'pet_families',
    'player_action_kinds',
    'relic_items',
    'renames',
    'season_levels',
    'vendor_methods',
    'vendors',
] %}
{# dbt learns from the reference that the seed comes first, and knows its keys later #}
{% set relation = ref(seed) %}
{% if execute %}
{% set meta = graph.nodes['seed.' ~ project_name ~ '.' ~ seed].config.meta %}
{% for columns in [meta.key] + meta.get('unique', []) %}
{% set select %}
select
    '{{ seed }}' as seed,
    concat_ws(', ', {{ columns | join(', ') }}) as repeated_key

from {{ relation }}
group by {{ columns | join(', ') }}
having count(*) > 1
{% endset %}
{% do selects.append(select) %}
{% endfor %}
{% endif %}
{% endfor %}
{{ selects | join('union all') }}
