{# Versions of heroes, as their logs state them. One row per log. #}
{#
   A version begins where a hero is summoned, changes hands or has another level. Of the logs of a
   block the last one counts. What a log does not say is that of the last one before it which does:
   the level of the state, and genes and parents of the summoning. The class is the dominant gene.
   Nothing is looked up for a log that begins no version, which most logs do not.
#}
{% set is_version = 'logs.level is null or logs.level is distinct from states.level' %}
{% set genes = 'births.stat_genes' %}
{% set births = {
    'summoned': 'log_hero_core_hero_summoned',
    'dark_summoned': 'log_hero_core_hero_dark_summoned',
} %}
select
    logs.chain_id,
    logs.block_number,
    logs.log_index,
    logs.object_word,
    logs.hero_id,
    nullif(logs.owner, '0x0000000000000000000000000000000000000000') as owner_wallet,
    classes.name as main_class,
    sub_classes.name as sub_class,
    professions.name as profession,
    coalesce(logs.level, states.level) as level,
    summons.generation,
    nullif(births.summoner_id, 0) as summoner_id,
    nullif(births.assistant_id, 0) as assistant_id,
    births.stat_genes,
    logs.occurred_at as updated_at,
    {{ is_valid_log() }} and ({{ is_version }}) as is_fact

from (
    select
        chain_id,
        block_number,
        log_index,
        object_word,
        occurred_at,
        removed_at,
        is_decodable,
        hero_id,
        owner,
        hero_state__level as level
    from {{ ref('log_hero_core_hero_state_updated') }}

    union all

    select
        chain_id,
        block_number,
        log_index,
        object_word,
        occurred_at,
        removed_at,
        is_decodable,
        token_id as hero_id,
        receiver as owner, -- noqa: RF04
        null as level
    from {{ ref('log_hero_core_transfer') }}
    {% for decoder in births.values() %}
    union all

    select
        chain_id,
        block_number,
        log_index,
        object_word,
        occurred_at,
        removed_at,
        is_decodable,
        hero_id,
        owner,
        null as level
    from {{ ref(decoder) }}
    {% endfor %}
) as logs
-- noqa: disable=ST05
left join
    lateral (
        select earlier.hero_state__level as level -- noqa: RF04
        from {{ ref('log_hero_core_hero_state_updated') }} as earlier
        where {{ is_earlier_log('earlier', 'logs') }}
        order by earlier.block_number desc, earlier.log_index desc
        limit 1
    ) as states
    on true
{% for alias, decoder in births.items() %}
left join
    lateral (
        select
            born.summoner_id,
            born.assistant_id,
            born.stat_genes
        from {{ ref(decoder) }} as born
        where
            {{ is_earlier_log('born', 'logs', or_same=true) }}
            and ({{ is_version }})
        order by born.block_number desc, born.log_index desc
        limit 1
    ) as {{ alias }}
    on true
{% endfor %}
cross join
    lateral (
        select
            coalesce(summoned.summoner_id, dark_summoned.summoner_id) as summoner_id,
            coalesce(summoned.assistant_id, dark_summoned.assistant_id) as assistant_id,
            coalesce(summoned.stat_genes, dark_summoned.stat_genes) as stat_genes
    ) as births
left join
    lateral (
        {{ generation_of(
            'case when ' ~ is_version ~ ' then logs.hero_id end', or_of_version=false
        ) }}
    ) as summons
    on true
{% for alias, trait, position in [
    ('classes', 'class', 0), ('sub_classes', 'class', 1), ('professions', 'profession', 2),
] %}
left join {{ ref('hero_traits') }} as {{ alias }}
    on
        {{ alias }}.trait = '{{ trait }}'
        and {{ alias }}.gene = mod({{ trait_genes(genes, position) }}, 32)
{% endfor %}
