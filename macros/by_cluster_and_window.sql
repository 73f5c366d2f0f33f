{# Facts as what a cluster did: each fact once per cluster and window it counts in.

   The facts need wallet_address and occurred_at. A fact belongs to the cluster that holds
   its wallet now, and counts in every window its time lies in.

   Usage: {{ by_cluster_and_window(ref('stg_hunting_encounters')) }} #}
{% macro by_cluster_and_window(facts) -%}
    select
        wallets.cluster_id,
        windows.window_key,
        windows.ends_at as window_ends_at,
        facts.*

    from {{ facts }} as facts
    inner join {{ ref('cluster_wallets') }} as wallets
        on facts.wallet_address = wallets.wallet_address
    inner join {{ ref('windows') }} as windows
        on
            facts.occurred_at >= windows.starts_at
            and facts.occurred_at < windows.ends_at
{%- endmacro %}
