{# The generation of a hero as a query: that of its summon, else of its newest version that has one.

   Usage: left join lateral ({{ generation_of('logs.summoner_id') }}) as summoners on true
   - hero_id (string): an expression of the id of the hero
   - or_of_version (bool): whether that of a version counts #}
{% macro generation_of(hero_id, or_of_version=true) -%}
    select
        coalesce(
            (
                select summons.generation
                from {{ source('raw', 'hero_summons') }} as summons
                where summons.hero_id = {{ hero_id }}
                order by summons.chain_id
                limit 1
            ),
            {%- if or_of_version %}
            (
                select versions.generation
                from {{ source('raw', 'heroes') }} as versions
                where versions.hero_id = {{ hero_id }} and versions.generation is not null
                order by versions.updated_at desc
                limit 1
            )
            {%- else %}
            null
            {%- endif %}
        ) as generation
{%- endmacro %}
