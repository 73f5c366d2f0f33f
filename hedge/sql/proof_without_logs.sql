-- The facts of proof_facts of which no log is stored.
select
    facts.raw_table as table_name,
    facts.key
from pg_temp.proof_facts as facts
where
    not facts.is_price
    and not exists (
        select from pg_temp.proof_logs as logs
        where logs.raw_table = facts.raw_table and logs.key = facts.key
    )
order by facts.raw_table, facts.key
