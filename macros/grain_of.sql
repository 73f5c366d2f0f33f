{# The columns of which no two rows of a model have the same: its grain, as its YAML states it.
   Empty while dbt parses.

   Usage: {%- set grain = grain_of(model) -%}
   - relation (relation): the relation of the model #}
{% macro grain_of(relation) -%}
    {{- return(described_model(relation.identifier).config.meta.grain if execute else []) -}}
{%- endmacro %}
