{# A lateral subquery that counts the upward mutations of a hero and the domains they are in.

   A slot is mutated if its dominant gene is one that only a mutation produces, and neither parent
   has it among its four genes of that slot. With an unknown parent nothing is counted.

   Usage: cross join lateral ({{ upward_mutations('summons') }}) as mutations
   It returns mutation_count and domain_count.
   - hero (string): an alias with stat_genes, summoner_id and assistant_id #}
{% macro upward_mutations(hero) -%}
    {#- Position in gene_layout, domain, trait of its mutations (a subclass mutates as a class). -#}
    {%- set slots = [
        (0, 'class', 'class'),
        (1, 'subclass', 'class'),
        (3, 'passive skill', 'passive_skill'),
        (4, 'passive skill', 'passive_skill'),
        (5, 'active skill', 'active_skill'),
        (6, 'active skill', 'active_skill'),
    ] -%}
    select
        count(*) as mutation_count,
        count(distinct slots.domain) as domain_count

    from {{ ref('hero_origins') }} as summoner
    inner join {{ ref('hero_origins') }} as assistant
        on {{ hero }}.assistant_id = assistant.hero_id
    cross join lateral (
        values
        {%- for position, domain, trait in slots %}
        (
            '{{ domain }}',
            '{{ trait }}',
            {{ trait_genes(hero ~ '.stat_genes', position) }} % 32,
            {{ trait_genes('summoner.stat_genes', position) }},
            {{ trait_genes('assistant.stat_genes', position) }}
        ){{ ',' if not loop.last }}
        {%- endfor %}
    ) as slots (domain, trait, dominant, summoner_genes, assistant_genes)
    inner join {{ ref('mutation_genes') }} as mutation_genes
        on
            slots.trait = mutation_genes.trait
            and slots.dominant = mutation_genes.gene
    where
        summoner.hero_id = {{ hero }}.summoner_id
        {%- for parent in ['summoner', 'assistant'] %}
        and slots.dominant not in (
            slots.{{ parent }}_genes % 32,
            slots.{{ parent }}_genes / 32 % 32,
            slots.{{ parent }}_genes / 1024 % 32,
            slots.{{ parent }}_genes / 32768
        )
        {%- endfor %}
{%- endmacro %}
