-- The partitions of logs, and the table of blocks, that have grown since the server has
-- counted them, and whether so much that it would plan as if they were small: they have
-- more than doubled, or most of their rows are new since all columns were counted.
select
    relation,
    has_grown_much
from (
    select
        relations.oid,
        relations.oid::regclass::text as relation,
        relations.relpages,
        pg_relation_size(relations.oid)
        / current_setting('block_size')::bigint as pages,
        pg_relation_size(relations.oid)
        > current_setting('block_size')::bigint * greatest(16, 2 * relations.relpages)
        or relations.relpages >= 16
        and pg_stat_get_mod_since_analyze(relations.oid)
        > pg_stat_get_live_tuples(relations.oid) / 2 as has_grown_much
    from pg_class as relations
    where
        relations.oid = 'raw.chain_blocks'::regclass
        or relations.oid in (
            select parts.inhrelid from pg_inherits as parts
            where parts.inhparent = 'raw.chain_logs'::regclass
        )
) as grown
where has_grown_much or pages > relpages + 16
order by oid
