-- The facts of proof_facts of which no log is stored: not the one that a fact names, or
-- none of its object where it names none.
select
    facts.raw_table as table_name,
    facts.key
from pg_temp.proof_facts as facts
where
    not facts.is_price
    and case
        when facts.fact ->> 'tx_hash' is null
            then
                (facts.raw_table, facts.found_by) not in (
                    select
                        logs.raw_table,
                        logs.found_by
                    from pg_temp.proof_logs as logs
                )
        else
            (
                facts.raw_table, facts.found_by, facts.fact -> 'tx_hash',
                facts.fact -> 'log_index'
            )
            not in (
                select
                    logs.raw_table,
                    logs.found_by,
                    logs.log -> 'tx_hash' as tx_hash,
                    logs.log -> 'log_index' as log_index
                from pg_temp.proof_logs as logs
            )
    end
order by facts.raw_table, facts.key
