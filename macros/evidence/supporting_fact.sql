{# The columns of supporting_facts: the cluster, and a fact of a raw table as JSON.

   Usage: {{ supporting_fact('pets') }} from .. as wallets inner join .. as facts
   - table (string): the raw table, whose row is `facts` #}
{% macro supporting_fact(table) -%}
    select
        wallets.cluster_id,
        '{{ table }}' as raw_table,
        {{ instant_of_fact(table) }} as occurred_at,
        {{ 'true' if is_price_table(table) else 'false' }} as is_price,
        {{ 'facts.decoded_at is not null' if is_of_logs(table) else 'false' }}
            as is_of_logs,
        facts.loaded_at,
        jsonb_build_object(
            {%- for column in columns_of_natural_keys(table) %}
            '{{ column }}', facts.{{ column }}{{ ',' if not loop.last }}
            {%- endfor %}
        ) as named,
        to_jsonb(facts) - '{loaded_at,decoded_at}'::text[] as fact
{%- endmacro %}


{# The columns of a raw table that are in the natural key of some evidence, as a list of names.

   - table (string): the raw table #}
{% macro columns_of_natural_keys(table) -%}
    {%- set found = [] -%}
    {%- if execute -%}
        {%- for node in graph.nodes.values() if node.config.meta.facts -%}
            {%- do found.extend(node.config.meta.facts.key) -%}
        {%- endfor -%}
        {%- set known = raw_source(table).columns -%}
        {%- do return(found | unique | select('in', known) | sort) -%}
    {%- endif -%}
    {%- do return([]) -%}
{%- endmacro %}


{# When a fact of a raw table happened; of a price, the beginning of its day.

   - table (string): the raw table
   - row (string): the alias of its row #}
{% macro instant_of_fact(table, row='facts') -%}
    {%- if is_price_table(table) -%}
        {{ row }}.price_date::timestamp at time zone 'UTC'
    {%- else -%}
        {{ row }}.{{ raw_source(table).config.event_time }}
    {%- endif -%}
{%- endmacro %}


{# Whether a fact of a raw table happened before the as-of instant.

   Usage: where {{ is_until_now('pets') }}
   - table (string): the raw table
   - row (string): the alias of its row #}
{% macro is_until_now(table, row='facts') -%}
    {{ instant_of_fact(table, row) }} < app.as_of()
{%- endmacro %}


{# Whether a raw table holds prices, which are of a day.

   - table (string): the raw table #}
{% macro is_price_table(table) -%}
    {%- do return(table in ['lp_prices_daily', 'token_prices_daily']) -%}
{%- endmacro %}


{# Whether logs can state facts of a raw table: it has the column `decoded_at`.

   - table (string): the raw table #}
{% macro is_of_logs(table) -%}
    {%- do return('decoded_at' in raw_source(table).columns) -%}
{%- endmacro %}


{# The raw tables whose rows name wallets, as `changes_concern` in models/staging/_sources.yml says,
   as a sorted list of names. While dbt parses, none is known. #}
{% macro tables_with_wallets() -%}
    {%- set found = [] -%}
    {%- if execute -%}
        {%- set prefix = 'source.' ~ project_name ~ '.raw.' -%}
        {%- for id in graph.sources if id.startswith(prefix) -%}
            {%- set table = id.removeprefix(prefix) -%}
            {%- if columns_of_notes(table, 'wallet') -%}
                {%- do found.append(table) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {%- do return(found | sort) -%}
{%- endmacro %}
