-- The partitions of logs, and the table of blocks, that have more than doubled since
-- the server has counted them: it would plan as if they were small.
select relations.oid::regclass::text as relation
from pg_class as relations
where
    (
        relations.oid = 'raw.chain_blocks'::regclass
        or relations.oid in (
            select parts.inhrelid from pg_inherits as parts
            where parts.inhparent = 'raw.chain_logs'::regclass
        )
    )
    and pg_relation_size(relations.oid)
    > current_setting('block_size')::bigint * greatest(16, 2 * relations.relpages)
order by relations.oid
