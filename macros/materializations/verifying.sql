{# Whether the run verifies the mart: it computes every cluster and leaves nothing out. Then it writes
   only the rows that change, and keeps in app.verified up to when all rows hold.

   A run that names its windows computes parts of a mart that most runs do not. An environment keeps
   nothing: its marts hold a sample. In buckets, the run verifies the tables of each by themselves.

   Usage: {% if verifies() %} .. {% endif %} #}
{% macro verifies() -%}
    {{- return(
        tells_verified() and var('clusters') is none and var('windows') is none
        and not var('left_out')
    ) -}}
{%- endmacro %}


{# Whether runs of this schema read and keep up to when the rows of a mart were verified. #}
{% macro tells_verified() -%}
    {{- return(not is_environment() and run_kind() != 'PREVIEW') -}}
{%- endmacro %}


{# The name under which app.verified has a mart. A mart in buckets has a table in each, which is a mart of
   its own there; what a bucket computes reads that one.

   Usage: '{{ name_of_mart(ref('challenge_progress')) }}'
   - mart (relation): the table of the mart #}
{% macro name_of_mart(mart) -%}
    {%- set bucket = model.config.get('meta', {}).get('bucket') -%}
    {%- set read = mart.incorporate(path={'schema': 'bucket_' ~ bucket}) if bucket is not none
        else mart -%}
    {{- read.include(database=false) | string | replace('"', '') -}}
{%- endmacro %}


{# The join of a mart with app.verified. A row that no run has verified, such as one of an environment,
   finds none.

   What reads the marts of all buckets, as a view does, looks up in which bucket each cluster is. A mart
   is computed from one bucket, or where there are none.

   Usage: left join {{ verified_rows(ref('season_progress'), 'progress', 'progress.season_id') }}
   - mart (relation): the table of the mart
   - row (string): an alias with cluster_id
   - part (string): an expression of the part: the window or the season; by default none
   - verified (string): the alias, by default verified #}
{% macro verified_rows(mart, row, part="''", verified='verified') -%}
    {%- set name = name_of_mart(mart) -%}
    {%- set of_all_buckets = model.config.materialized != 'incremental'
        and name.startswith('analytics.') -%}
    {%- if of_all_buckets -%}
    (
        -- another name, so that a query may name the column cluster_id alone
        select
            placed.cluster_id as of_cluster,
            placed.bucket
        from {{ source('app', 'cluster_buckets') }} as placed
    ) as placed_{{ verified }}
        on {{ row }}.cluster_id = placed_{{ verified }}.of_cluster
    left join {% endif -%}
    app.verified as {{ verified }}
        on
            {% if of_all_buckets -%}
            coalesce('bucket_' || placed_{{ verified }}.bucket, 'analytics')
            || '.{{ mart.identifier }}' = {{ verified }}.mart
            {%- else -%}
            {{ verified }}.mart = '{{ name }}'
            {%- endif %}
            and {{ verified ~ ".part = ''" if part == "''" else part ~ ' = ' ~ verified ~ '.part' }}
            and {{ verified }}.portion = app.portion_of({{ row }}.cluster_id)
{%- endmacro %}


{# The condition that no newer run has verified a row.

   Usage: and {{ is_not_verified_later(mart, 'existing') }}
   - mart (dict[string, any]): see the materialization incremental
   - row (string): an alias with the columns of the key #}
{% macro is_not_verified_later(mart, row) -%}
    {%- if not tells_verified() -%}
        true
    {%- else -%}
        not exists (
            select from app.verified
            where
                verified.mart = '{{ name_of_mart(mart.target) }}'
                and verified.part = {{ part_of(row) }}
                and verified.portion = app.portion_of({{ row }}.cluster_id)
                and verified.verified_to > {{ mart.as_of }}
        )
    {%- endif -%}
{%- endmacro %}


{# The part of the mart that is verified by itself, to which a row belongs: the column of the config
   verified_by, or none.

   - row (optional[string]): an alias with the columns of the key, where one is needed #}
{% macro part_of(row=none) -%}
    {%- set column = config.get('verified_by') -%}
    {{- "''" if not column else row ~ '.' ~ column if row else column -}}
{%- endmacro %}


{# Lets the run write a mart of latest_wins in the transaction that has begun, unless it verifies and
   has the lock already.

   - mart (dict[string, any]): see the materialization incremental #}
{% macro latest_wins_enter(mart) %}
    {%- if tells_verified() and not mart.verifies %}
        {%- call statement('enter') -%}
            select app.enter_mart('{{ name_of_mart(mart.target) }}', {{ mart.as_of }})
        {%- endcall -%}
    {%- endif %}
{% endmacro %}


{# Takes the lock of a run that verifies, waits for those that do not know of it, and puts what differs
   between the mart and what was computed into a temporary table. Between the announcement and the
   comparison are two commits: the first lets other runs see the announcement, and the second gives back
   the lock for which new runs wait.

   - mart (dict[string, any]): see the materialization incremental #}
{% macro latest_wins_begin(mart) %}
    {%- if mart.verifies -%}
        {{ commit_and_begin() }}
        {% call statement('begin_verifying') -%}
            select app.begin_verifying('{{ name_of_mart(mart.target) }}', {{ mart.as_of }})
        {%- endcall %}
        {{ commit_and_begin() }}
        {% call statement('await_entered') -%}
            select app.await_entered('{{ name_of_mart(mart.target) }}')
        {%- endcall %}
        {{ commit_and_begin() }}
        {% call statement('compare') %}{{ latest_wins_compare(mart) }}{% endcall %}
    {%- endif -%}
{% endmacro %}


{# The statement that finds what differs between the mart and what was computed: rows that are new or
   have another content, with all columns, and the keys of stale ones (is_stale). What a newer run has
   written or verified is none of it.

   - mart (dict[string, any]): see the materialization incremental #}
{% macro latest_wins_compare(mart) %}

    {%- set computed_at = config.get('computed_at', 'last_computed_at') -%}
    {%- set removable = render(config.get('removable', 'true')) -%}
    {%- set content = mart.columns | reject('in', mart.key + [computed_at]) | list -%}
    {%- set is_new = 'existing.' ~ mart.key[0] ~ ' is null' -%}
    {%- set is_stale = 'computed.' ~ mart.key[0] ~ ' is null' %}

    create temporary table {{ mart.differing }} as
    with computed as not materialized (
        select * from {{ mart.computed }}
    ),

    differing as (
        select
            {%- for column in mart.key %}
            coalesce(computed.{{ column }}, existing.{{ column }}) as {{ column }},
            {%- endfor %}
            {%- for column in mart.columns if column not in mart.key %}
            computed.{{ column }},
            {%- endfor %}
            {{ is_stale }} as is_stale

        from computed
        full join {{ mart.target }} as existing
            on
                {%- for column in mart.key %}
                {{ 'and ' if not loop.first }}computed.{{ column }} = existing.{{ column }}
                {%- endfor %}
        where
            (existing.{{ computed_at }} > {{ mart.as_of }}) is not true
            and (
                {{ is_new }}
                or ({{ is_stale }} and ({{ removable }}))
                or (
                    not {{ is_stale }}
                    and (existing.{{ content | join(', existing.') }})
                    is distinct from (computed.{{ content | join(', computed.') }})
                )
            )
    )

    select * from differing
    where {{ is_not_verified_later(mart, 'differing') }}

{% endmacro %}


{# The statement that notes that the clusters of the batch are verified.

   - mart (dict[string, any]): see the materialization incremental #}
{% macro latest_wins_verified(mart) %}

    insert into app.verified as known (mart, part, portion, verified_to)
    select
        '{{ name_of_mart(mart.target) }}' as mart,
        parts.part,
        portion,
        {{ mart.as_of }} as verified_to
    from (
        select distinct {{ part_of() }} as part from {{ mart.computed }}
    ) as parts
    cross join generate_series(0, 63) as portion
    where portion % {{ mart.batches }} = {{ mart.batch - 1 }}
    order by parts.part, portion
    on conflict (mart, part, portion) do update
    set verified_to = excluded.verified_to
    where known.verified_to < excluded.verified_to

{% endmacro %}


{# The statement that fails the run where it did not note a part of what it computed as verified, as of
   its instant or a later one: then readers would see an older instant than that of the run ledger.

   - mart (dict[string, any]): see the materialization incremental #}
{% macro require_verified(mart) -%}
do $$
declare
    missing text;
begin
    select string_agg(
        format('%s/%s', parts.part, portions.portion),
        ', ' order by parts.part, portions.portion
    ) into missing
    from (
        select distinct {{ part_of() }} as part from {{ mart.computed }}
    ) as parts
    cross join generate_series(0, 63) as portions (portion)
    left join app.verified
        on
            verified.mart = '{{ name_of_mart(mart.target) }}'
            and parts.part = verified.part
            and portions.portion = verified.portion
    where (
        verified.verified_to >= (
            select runs.as_of
            from {{ source('ledger', 'etl_runs') }} as runs
            where runs.invocation_id = '{{ invocation_id }}'
        )
    ) is not true;
    if missing is not null then
        raise exception
            'the run did not verify {{ mart.target.identifier }} in the portions %', missing
        using errcode = 'object_not_in_prerequisite_state';
    end if;
end $$
{%- endmacro %}
