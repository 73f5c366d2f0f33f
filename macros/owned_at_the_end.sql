{# Selects the heroes or pets that each cluster owned at the end of each window.

   A version is valid until a later version begins, so the last version before the end of a window
   is the state at that time. It is selected as the version for which no later one exists:
   PostgreSQL answers that from an index for one cluster, and with one anti-join for all.

   Usage: {{ owned_at_the_end(ref('stg_heroes'), of='hero_id') }}
   - versions (relation): a relation with owner_wallet and updated_at
   - of (string): the column that identifies the hero or pet
   - in_order (list[string]): the columns that order the versions #}
{% macro owned_at_the_end(versions, of, in_order=['updated_at']) -%}
    select
        wallets.cluster_id,
        windows.window_key,
        versions.*

    from {{ versions }} as versions
    inner join {{ ref('cluster_wallets') }} as wallets
        on versions.owner_wallet = wallets.wallet_address
    inner join {{ ref('windows') }} as windows
        on versions.updated_at < windows.ends_at
    where
        not exists (
            select from {{ versions }} as later
            where
                later.{{ of }} = versions.{{ of }}
                and (later.{{ in_order | join(', later.') }})
                > (versions.{{ in_order | join(', versions.') }})
                and later.updated_at < windows.ends_at
        )
{%- endmacro %}
