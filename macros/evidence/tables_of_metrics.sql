{# The raw tables that metrics read, as a list of the metric source, the metric and the table.

   Usage: {% for source, key, table in tables_of_metrics() %} .. {% endfor %} #}
{% macro tables_of_metrics() -%}
    {%- set found = [] -%}
    {%- if execute -%}
        {%- for source in var('metric_sources') -%}
            {%- for key, column in described_model(source).columns.items()
                    if key not in ['cluster_id', 'window_key'] -%}
                {%- set tables = [] -%}
                {%- for model in models_of_metric(source, column.meta.evidence) -%}
                    {%- do tables.extend(raw_tables_of(model)) -%}
                {%- endfor -%}
                {%- for table in tables | unique | sort -%}
                    {%- do found.append((source, key, table)) -%}
                {%- endfor -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
    {%- do return(found) -%}
{%- endmacro %}


{# The models whose facts add up to a metric: those that its evidence names, in `facts` and in the
   braces of expressions; its metric source where it has none.

   - source (string): the metric source
   - evidence (dict[string, any]): the entry `evidence` of the metric's column, or nothing #}
{% macro models_of_metric(source, evidence) -%}
    {%- if not evidence -%}
        {%- do return([source]) -%}
    {%- endif -%}
    {#- an error where there is none -#}
    {%- do described_model(evidence.facts) -%}
    {%- set models = [evidence.facts] -%}
    {%- for name in modules.re.findall('\\{(\\w+)\\}', evidence | string) -%}
        {%- if 'model.' ~ project_name ~ '.' ~ name in graph.nodes -%}
            {%- do models.append(name) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do return(models | unique | list) -%}
{%- endmacro %}
