{# Assigns facts to clusters and windows: one row per fact and window that contains its time.

   A fact belongs to the cluster that its wallet is linked to now.

   Usage: {{ by_cluster_and_window(ref('stg_hunting_encounters')) }}
   - facts (relation): a relation with wallet_address and occurred_at #}
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
