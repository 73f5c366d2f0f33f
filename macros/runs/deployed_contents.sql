{# The content of each model, seed, source and macro of the project as an MD5, by dbt's unique id,
   that of what YAML says of a model under `described ` and its id, that of what a model reads under
   `read by ` and its id, and that of the lists of metric sources under `var`. A deploy stores it, and
   plain dbt compares it with what it is about to build.

   Usage: {%- set contents = deployed_contents() -%} #}
{% macro deployed_contents() -%}
    {%- set contents = {
        'var': local_md5(tojson([var('metric_sources'), var('derived_metric_sources')])),
    } -%}
    {%- for node in graph.nodes.values()
        if node.package_name == project_name and node.resource_type in ('model', 'seed') -%}
        {%- do contents.update({
            node.unique_id: content_of_file(node),
            'described ' ~ node.unique_id: content_of_description(node),
            'read by ' ~ node.unique_id: local_md5(
                tojson((node.depends_on.nodes or []) | unique | sort)),
        }) -%}
    {%- endfor -%}
    {%- for source in graph.sources.values() if source.package_name == project_name -%}
        {#- A description has the key of a raw table (macros/is_counted.sql). -#}
        {%- do contents.update({source.unique_id: local_md5(tojson(
            [source.schema, source.identifier, source.unrendered_config, source.description,
                source.columns.keys() | list],
            sort_keys=true))}) -%}
    {%- endfor -%}
    {%- for macro in macros_of_project() -%}
        {%- do contents.update({macro.unique_id: local_md5(macro.macro_sql)}) -%}
    {%- endfor -%}
    {{- return(contents) -}}
{%- endmacro %}


{# The MD5 of the file of a model or seed and of its configuration.

   - node (any): a model or seed of dbt's graph #}
{% macro content_of_file(node) -%}
    {#- dbt reads no seed above one megabyte: such a one always counts as another. -#}
    {%- set file = invocation_id if node.checksum.name == 'path' else node.checksum.checksum -%}
    {{- return(local_md5(tojson([file, node.unrendered_config], sort_keys=true))) -}}
{%- endmacro %}


{# The MD5 of what the YAML of a model or seed says, without words for readers.

   - node (any): a model or seed of dbt's graph #}
{% macro content_of_description(node) -%}
    {%- set columns = [] -%}
    {%- for column in node.columns.values() -%}
        {%- do columns.append(
            [column.name, column.data_type, column.constraints, column.config.meta or {}]) -%}
    {%- endfor -%}
    {{- return(local_md5(tojson(
        [
            node.constraints or [],
            columns,
            node.config.meta or {},
        ],
        sort_keys=true
    ))) -}}
{%- endmacro %}


{# The macros of the project, as dbt has parsed them. #}
{% macro macros_of_project() -%}
    {%- set found = [] -%}
    {%- for name, macro in context.items()
        if macro.macro is defined and macro.macro.package_name == project_name -%}
        {%- do found.append(macro.macro) -%}
    {%- endfor -%}
    {{- return(found) -}}
{%- endmacro %}


{# Stores the content of what a deploy installs beside its files. #}
{% macro store_deployed_contents() -%}
        update {{ source('app', 'deployed_projects') }}
        set contents = '{{ dbt.escape_single_quotes(tojson(deployed_contents())) }}'::jsonb
        where definitions = '{{ var("definitions") }}';
{%- endmacro %}
