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


{# The statement by which a run that computes buckets moves the facts that have come in to them, after
   it has taken the change notes. A run of dbt by hand cannot compute buckets and is refused.

   Usage: in the hook start_run: {{ fill_buckets() }} #}
{% macro fill_buckets() -%}
    {%- if var('buckets') %}
            select app.fill_buckets();
    {%- elif var('definitions') is none and not is_environment()
        and run_kind() not in ('DEPLOY', 'PREVIEW')
        and asked_once('select exists(select from app.buckets)')[0][0] -%}
        {%- do exceptions.raise_compiler_error(
            'the clusters of this database are divided among buckets, which plain dbt'
            ' cannot compute: use hedge etl'
        ) -%}
    {%- endif -%}
{%- endmacro %}
