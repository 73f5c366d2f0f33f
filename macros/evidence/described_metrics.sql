{# The metrics whose columns say on which facts they rest, from the YAML of the sources.

   A list of dicts: source, key, and what stands under evidence; the latter's facts is
   replaced by what that model's own YAML says of its facts, or says to be as those of
   another model; model is its name.

   Usage: {% for metric in described_metrics() %} .. {% endfor %} #}
{% macro described_metrics() -%}
    {%- set found = [] -%}
    {%- if execute -%}
        {%- for source in var('metric_sources') + var('derived_metric_sources') -%}
            {%- set columns = described_model(source).columns -%}
            {%- for key, column in columns.items() if column.meta.evidence -%}
                {%- set evidence = column.meta.evidence -%}
                {%- set facts = described_model(evidence.facts).config.meta.facts -%}
                {%- if facts is string -%}
                    {%- set facts = described_model(facts).config.meta.facts -%}
                {%- endif -%}
                {%- do found.append(dict(
                    evidence,
                    source=source,
                    key=key,
                    model=evidence.facts,
                    facts=facts,
                )) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
    {%- do return(found) -%}
{%- endmacro %}
