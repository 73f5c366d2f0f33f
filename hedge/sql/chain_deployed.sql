-- Whether there is something to decode, and what a deploy has made for it: whether
-- spans wait, whether another project is deployed than the one that was compared last,
-- and whether the seeds and views of facts of logs are there.
with
compared as (

    select
        coalesce(app.deployed_definitions(), '') as deployed,
        (select known.definitions from app.compared_decoders as known) as known

)

select
    exists(select from app.undecoded_spans) as has_spans,
    (
        compared.deployed is distinct from compared.known
        and exists (select from raw.chain_logs)
    ) as has_new_definitions,
    (
        to_regclass('analytics.chain_fact_tables') is not null
        and to_regclass('analytics.chain_events') is not null
        and to_regclass('analytics.log_unknown') is not null
    ) as is_deployed
from compared
