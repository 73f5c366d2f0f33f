-- No seed repeats a key: a seed has no contract with a primary key.
{% set selects = [] %}
{% for seed, keys in var('seed_keys').items() %}
{% for columns in keys %}
{% set select %}
select
    '{{ seed }}' as seed,
    concat_ws(', ', {{ columns | join(', ') }}) as repeated_key

from {{ ref(seed) }}
group by {{ columns | join(', ') }}
having count(*) > 1
{% endset %}
{% do selects.append(select) %}
{% endfor %}
{% endfor %}
{{ selects | join('union all') }}
