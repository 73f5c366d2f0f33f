{# The generation of a hero as a query: that of its summon, else of its newest version that has one.

   Usage: left join lateral ({{ generation_of('logs.summoner_id') }}) as summoners on true
   - hero_id (string): an expression of the id of the hero #}
{% macro generation_of(hero_id) -%}
    select
        coalesce(
            (
                select summons.generation
                from {{ source('raw', 'hero_summons') }} as summons
                where summons.hero_id = {{ hero_id }}
                order by summons.chain_id
                limit 1
            ),
            (
                select versions.generation
                from {{ source('raw', 'heroes') }} as versions
                where versions.hero_id = {{ hero_id }} and versions.generation is not null
                order by versions.updated_at desc
                limit 1
            )
        ) as generation
{%- endmacro %}
