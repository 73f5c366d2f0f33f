-- The links of a cluster that began or ended after one instant and until another; none
-- where the reader may not see its wallets.
select
    changes.happened_at,
    changes.change,
    changes.address
from (
    select
        linked_at as happened_at,
        'linked' as change,
        address
    from app.wallet_links
    where cluster_id = %(cluster)s
    union all
    select
        unlinked_at as happened_at,
        'unlinked' as change,
        address
    from app.wallet_links
    where cluster_id = %(cluster)s and unlinked_at is not null
) as changes
where
    %(sees_wallets)s
    and changes.happened_at > %(since)s::timestamptz
    and changes.happened_at <= %(until)s::timestamptz
order by changes.happened_at, changes.change, changes.address
