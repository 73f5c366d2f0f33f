{# The metrics whose facts are described in YAML, as a list of dictionaries.

   Each has the entries of `evidence` of the metric's column, and source and key (the metric), model
   (the name of the model with its facts) and facts (the entry `facts` of that model's YAML, or of
   the model that it names instead).

   Usage: {% for metric in described_metrics() %} .. {% endfor %} #}
{% macro described_metrics() -%}
    {%- set metrics = [] -%}
    {%- if execute -%}
        {%- for source in var('metric_sources') + var('derived_metric_sources') -%}
            {%- set columns = described_model(source).columns -%}
            {%- for key, column in columns.items() if column.meta.evidence -%}
                {%- set evidence = column.meta.evidence -%}
                {%- set facts = described_model(evidence.facts).config.meta.facts -%}
                {%- if facts is string -%}
                    {%- set facts = described_model(facts).config.meta.facts -%}
                {%- endif -%}
                {%- do metrics.append(dict(
                    evidence,
                    source=source,
                    key=key,
                    model=evidence.facts,
                    facts=facts,
                )) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
    {%- do return(metrics) -%}
{%- endmacro %}
