-- The merges of accounts, the latest first; with a cluster those that concern it, and
-- with a merge that one.
select
    merges.merge_id,
    merges.kept,
    merges.absorbed,
    merges.merged_at,
    merges.merged_by,
    merges.undo_until,
    merges.undone_at,
    merges.undone_by,
    (
        select count(*) from app.merged_links as moved
        where moved.merge_id = merges.merge_id
    ) as wallets
from app.cluster_merges as merges
where
    (
        %(cluster)s::text is null
        or %(cluster)s::text in (merges.kept, merges.absorbed)
    )
    and (%(merge)s::bigint is null or merges.merge_id = %(merge)s::bigint)
order by merges.merge_id desc
