{# Versions of heroes or pets as what a cluster owned at the end of each window.

   A version holds from updated_at until superseded_at (null: it still does), so the one
   that holds just before the end of a window is the state then.

   Usage: {{ owned_at_the_end(ref('stg_heroes')) }} #}
{% macro owned_at_the_end(versions) -%}
    select
        wallets.cluster_id,
        windows.window_key,
        versions.*

    from {{ versions }} as versions
    inner join {{ ref('cluster_wallets') }} as wallets
        on versions.owner_wallet = wallets.wallet_address
    inner join {{ ref('windows') }} as windows
        on
            versions.updated_at < windows.ends_at
            and coalesce(versions.superseded_at, 'infinity') >= windows.ends_at
{%- endmacro %}
