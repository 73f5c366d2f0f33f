-- Whether the deployed project can leave out metric sources: an older one cannot.
select exists(
    select from pg_attribute
    where
        attrelid = to_regclass('analytics.cluster_metrics')
        and attname = 'left_out'
        and not attisdropped
)
