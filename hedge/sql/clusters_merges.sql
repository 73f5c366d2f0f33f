-- The merges of accounts, the latest first; with a cluster those that concern it, and
-- with a merge that one.
select
    known.merge_id,
    known.kept,
    known.absorbed,
    known.merged_at,
    known.merged_by,
    known.undo_until,
    known.undone_at,
    known.undone_by,
    (
        select count(*) from app.merged_links as moved
        where moved.merge_id = known.merge_id
    ) as wallets
from app.cluster_merges as known
where
    (
        %(cluster)s::text is null
        or %(cluster)s::text in (known.kept, known.absorbed)
    )
    and (%(merge)s::bigint is null or known.merge_id = %(merge)s::bigint)
order by known.merge_id desc
