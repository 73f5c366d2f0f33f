{# Whether a relative was summoned by the same cluster.

   Usage: {{ summoned_by_the_same('parents', as='wallets') }} #}
{% macro summoned_by_the_same(relative, as) -%}
    {{ relative }}.wallet_address in (
        select own_wallets.wallet_address
        from {{ ref('cluster_wallets') }} as own_wallets
        where own_wallets.cluster_id = {{ as }}.cluster_id
    )
{%- endmacro %}
