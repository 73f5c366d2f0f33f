-- No seed repeats a key: a seed has no contract with a primary key.
{% set keys = [
    ('categories', ['key']),
    ('challenges', ['key']),
    ('code_values', ['code', 'value']),
    ('elite_difficulties', ['difficulty']),
    ('gene_layout', ['position']),
    ('hero_traits', ['trait', 'gene']),
    ('hero_traits', ['trait', 'name']),
    ('lp_pools', ['chain_id', 'pool_id']),
    ('mastery_weights', ['score', 'metric_source', 'metric_key']),
    ('metrics', ['metric_source', 'metric_key']),
    ('mutation_pairs', ['trait', 'child']),
    ('pet_families', ['family']),
    ('player_action_kinds', ['action_kind']),
    ('relic_items', ['item_address']),
    ('season_levels', ['level']),
    ('vendor_methods', ['method']),
] %}
{% for seed, columns in keys %}
select
    '{{ seed }}' as seed,
    concat_ws(', ', {{ columns | join(', ') }}) as repeated_key

from {{ ref(seed) }}
group by {{ columns | join(', ') }}
having count(*) > 1
{{ 'union all' if not loop.last }}
{% endfor %}
