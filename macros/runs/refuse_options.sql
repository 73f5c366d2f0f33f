{# Refuses the options of dbt that would leave something wrong behind, with the way that does what
   they are meant for.

   - --empty would leave views without rows, also the live ones.
   - --sample cuts facts off by their time, and metrics over all time would be wrong.
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
    {%- elif 'retry' in words and flags.WHICH not in words -%}
        {%- do exceptions.raise_compiler_error(
            "nothing was built: dbt retry leaves out what was mended in models that did not fail;"
            ~ " call dbt " ~ flags.WHICH ~ " again, or build what you mended with what depends on"
            ~ " it (dbt " ~ flags.WHICH ~ " --select MODEL+)") -%}
    {%- endif -%}
{%- endmacro %}
