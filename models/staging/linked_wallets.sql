{# The wallets that are linked to each cluster, also those that are excluded. #}
{#
   An explanation of a difference reads the links of an earlier instant (app.links_as_of).
   The planner knows whether it does: everywhere else the condition is that of links that
   are active, and has its plans.
#}
select
    cluster_id,
    address as wallet_address

from {{ source('app', 'wallet_links') }}
where
    case
        when app.links_as_of() is null then unlinked_at is null
        else
            linked_at <= app.links_as_of()
            and coalesce(unlinked_at > app.links_as_of(), true)
    end
