-- Whether the deployed project can leave out metric sources: an older one cannot.
select to_regclass('analytics.metric_inputs') is not null
