-- The copies of buckets, with the worker of each.
select distinct
    buckets.bucket,
    format('%s:%s', shards.nodename, shards.nodeport) as worker
from app.buckets
inner join citus_shards as shards
    on shards.table_name::text like format('bucket\_%s\_copy.%%', buckets.bucket)
order by buckets.bucket, worker
