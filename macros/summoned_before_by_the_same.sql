{# Whether a relative was summoned by the same cluster, before the window's end.

   Usage: {{ summoned_before_by_the_same('parents', as='summons') }} #}
{% macro summoned_before_by_the_same(relative, as) -%}
    {{ relative }}.occurred_at < {{ as }}.window_ends_at
    and {{ relative }}.wallet_address in (
        select own_wallets.wallet_address
        from {{ ref('cluster_wallets') }} as own_wallets
        where own_wallets.cluster_id = {{ as }}.cluster_id
    )
{%- endmacro %}
