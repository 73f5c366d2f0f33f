-- Facts that lack a value, by table, by what is missing and by what the calls are at
-- that could supply it; of_files: what of it only a file, or a seed, can say.
select
    kinds.chain_id,
    kinds.table_name,
    kinds.missing,
    kinds.facts,
    (
        select min(pending.since)
        from raw.pending_facts as pending
        where
            pending.table_name = kinds.table_name
            and pending.chain_id = kinds.chain_id
            and pending.missing = kinds.missing
            and coalesce(pending.calls, '') = kinds.calls
    ) as since,
    nullif(kinds.calls, '') as reason,
    array(
        select columns.name
        from unnest(kinds.missing) with ordinality as columns (name, place)
        where columns.name = any(app.columns_of_files(kinds.table_name))
        order by columns.place
    ) as of_files
from app.pending_counts as kinds
order by kinds.chain_id, kinds.table_name, kinds.missing, kinds.calls
