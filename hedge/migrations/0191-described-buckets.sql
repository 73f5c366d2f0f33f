-- depends: 0190-functions-of-the-owner

comment on column app.cluster_buckets.cluster_id is 'The cluster';
comment on column app.cluster_buckets.bucket is
'The bucket that has its facts and marts';
