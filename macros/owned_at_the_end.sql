{# Versions of heroes or pets as what a cluster owned at the end of each window.

   A version holds until a later one begins, so the last one before the end of a window is
   the state then. It is found as the one without a later one: that is an index away for one
   cluster, and one pass over all versions for everyone.

   Usage: {{ owned_at_the_end(ref('stg_heroes'), of='hero_id') }}
   - of: what there are versions of
   - in_order: the columns that say which of two versions is the later one #}
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
