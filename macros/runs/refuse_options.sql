{# Refuses the options of dbt that would leave something wrong behind, with the way that does what
   they are meant for.

   - --empty would leave views without rows, also the live ones.
   - --sample cuts facts off by their time, and metrics over all time would be wrong.
   - --event-time-start and --event-time-end concern microbatch models only, and there is none.
   - --full-refresh drops a seed together with every view that reads it. dbt builds those again only
     where it builds everything. A deploy, which does, may use it.
   - dbt retry builds what failed, and leaves out models that were built and have been mended since.

   Usage: {%- do refuse_options() -%} #}
{% macro refuse_options() -%}
    {%- set words = (flags.INVOCATION_COMMAND or '').split() -%}
    {%- if flags.EMPTY -%}
        {%- do exceptions.raise_compiler_error(
            "nothing was built: --empty would leave views without rows; --vars 'clusters: []'"
            ~ " builds everything and computes no cluster") -%}
    {%- elif invocation_args_dict.sample -%}
        {%- do exceptions.raise_compiler_error(
            "nothing was built: --sample cuts facts off by their time, which makes values of all"
            ~ " time wrong; --vars 'sample: 200' computes so many clusters in an environment"
            ~ " (docs/analysts.md)") -%}
    {%- elif invocation_args_dict.event_time_start or invocation_args_dict.event_time_end -%}
        {%- do exceptions.raise_compiler_error(
            "nothing was built: --event-time-start and --event-time-end cut off no facts here, and"
            ~ " values would be of all time all the same; --vars 'as_of: 2026-11-01' computes as of"
            ~ " an instant") -%}
    {%- elif flags.FULL_REFRESH and var('definitions') is none and not builds_all_views()
        and builds_seeds() -%}
        {%- do exceptions.raise_compiler_error(
            "nothing was built: --full-refresh drops a seed with the views that read it, and dbt "
            ~ flags.WHICH ~ " does not build all of them again; without it dbt writes the rows of"
            ~ " seeds anew, and a seed whose columns change needs "
            ~ ("dbt build --full-refresh without a selection" if is_environment()
                else "hedge etl deploy")) -%}
    {%- elif 'retry' in words and flags.WHICH not in words -%}
        {%- do exceptions.raise_compiler_error(
            "nothing was built: dbt retry leaves out what was mended in models that did not fail;"
            ~ " call dbt " ~ flags.WHICH ~ " again, or build what you mended with what depends on"
            ~ " it (dbt " ~ flags.WHICH ~ " --select MODEL+)") -%}
    {%- endif -%}
{%- endmacro %}


{# Whether the run builds a seed. dbt makes a dictionary of each node that is looked at in the graph, which
   takes a run for one cluster longer than all of its hooks. #}
{% macro builds_seeds() -%}
    {%- set seeds = graph.nodes.values()
        | selectattr('resource_type', 'equalto', 'seed') | map(attribute='unique_id') | list -%}
    {{- return(selected_resources | select('in', seeds) | list | length > 0) -}}
{%- endmacro %}
