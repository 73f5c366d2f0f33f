{# The columns of supporting_facts: the cluster, and a fact of a raw table as JSON.

   Usage: {{ supporting_fact('pets') }} from .. as wallets inner join .. as facts
   - table (string): the raw table, whose row is `facts` #}
{% macro supporting_fact(table) -%}
    select
        wallets.cluster_id,
        '{{ table }}' as raw_table,
        {% if table in ['lp_prices_daily', 'token_prices_daily'] -%}
        facts.price_date::timestamp at time zone 'UTC' as occurred_at,
        true as is_price,
        false as is_of_logs,
        {% else -%}
        facts.{{ raw_source(table).config.event_time }} as occurred_at,
        false as is_price,
        {{ 'facts.decoded_at is not null' if is_of_logs(table) else 'false' }}
            as is_of_logs,
        {% endif -%}
        to_jsonb(facts) - '{loaded_at,decoded_at}'::text[] as fact
{%- endmacro %}


{# Whether logs can state facts of a raw table: it has the column `decoded_at`.

   - table (string): the raw table #}
{% macro is_of_logs(table) -%}
    {%- do return('decoded_at' in raw_source(table).columns) -%}
{%- endmacro %}
