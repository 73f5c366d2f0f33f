{# The query of a mart as it is computed in a bucket (docs/scale.md): it reads the views and marts of
   the bucket in place of the live ones, and keeps the rows of clusters of the bucket. Of other marts
   it is the query itself.

   The views of a bucket are copies of the live ones (hedge/runs/buckets.py). Seeds are live.

   Usage: {%- set sql = of_bucket(sql) -%}
   - sql (string): the query that dbt has compiled #}
{% macro of_bucket(sql) -%}
    {%- set bucket = model.config.get('meta', {}).get('bucket') -%}
    {%- if bucket is none -%}
        {{- return(sql) -}}
    {%- endif -%}
    {%- set seeds = graph.nodes.values()
        | selectattr('resource_type', 'equalto', 'seed') | map(attribute='alias') | list -%}
    {{- return(
        'select of_bucket.*\nfrom (\n'
        ~ modules.re.sub(
            '"' ~ target.schema ~ '"\\."(?!(?:' ~ seeds | join('|') ~ ')")',
            '"bucket_' ~ bucket ~ '"."',
            sql
        )
        ~ '\n) as of_bucket\ninner join app.cluster_buckets as placed'
        ~ ' on of_bucket.cluster_id = placed.cluster_id\nwhere placed.bucket = ' ~ bucket
    ) -}}
{%- endmacro %}


{# The statements by which a run that computes buckets moves the facts that have come in to them, and
   copies them to workers of Citus where there are any, after it has taken the change notes. A run of
   dbt by hand cannot compute buckets and is refused.

   Usage: in the hook start_run: {{ fill_buckets() }} #}
{% macro fill_buckets() -%}
    {%- if var('buckets') %}
            select app.fill_buckets();
            select app.copy_facts();
    {%- elif var('definitions') is none and not is_environment()
        and run_kind() not in ('DEPLOY', 'PREVIEW')
        and asked_once('select exists(select from app.buckets)')[0][0] -%}
        {%- do exceptions.raise_compiler_error(
            'the clusters of this database are divided among buckets, which plain dbt'
            ' cannot compute: use hedge etl'
        ) -%}
    {%- endif -%}
{%- endmacro %}


{# Has a mart that reads facts find in the copy of its bucket what a session reads beside them, where
   workers of Citus have copies (docs/scale.md). The statement after it computes the mart, and
   empty_copy follows in the same transaction. A worker has a session of its own: it gets the settings
   of the mart's, such as the time zone, for this transaction, and what every session of Hedge relies on
   (SESSION_OPTIONS in hedge/database.py).

   Usage: in a materialization: {% do fill_copy() %} #}
{% macro fill_copy() -%}
    {%- if computes_on_worker() -%}
        {%- call statement('settings_of_worker') -%}
            set local citus.propagate_set_commands to 'local';
        {%- for name, value in settings_of_computing().items() %}
            set local {{ name }} to '{{ value }}';
        {%- endfor %}
            set local datestyle to 'ISO, YMD';
            set local intervalstyle to 'postgres';
            set local bytea_output to 'hex';
            set local extra_float_digits to '1';
        {%- endcall -%}
        {%- call statement('fill_copy') -%}
            select app.fill_copy({{ model.config.meta.bucket }})
        {%- endcall -%}
    {%- endif -%}
{%- endmacro %}


{# Removes what fill_copy has written, so that no other session ever reads it.

   Usage: in a materialization: {% do empty_copy() %} #}
{% macro empty_copy() -%}
    {%- if computes_on_worker() -%}
        {%- call statement('empty_copy') -%}
            select app.empty_copy({{ model.config.meta.bucket }})
        {%- endcall -%}
    {%- endif -%}
{%- endmacro %}


{# Whether the mart that is being computed reads facts from the copy of a bucket. #}
{% macro computes_on_worker() -%}
    {{- return(
        model.config.get('meta', {}).get('bucket') is not none
        and asked_once('select exists(select from app.copied_tables)')[0][0]
        and raw_tables_of(this.identifier, through_marts=false) | length > 0
    ) -}}
{%- endmacro %}
