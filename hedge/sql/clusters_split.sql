-- Undoes the merge that has absorbed an account.
select merged.merge_id from app.split_clusters(%(absorbed)s, %(who)s) as merged
