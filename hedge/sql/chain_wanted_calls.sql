-- The calls that facts of a chain wait for, by the seed chain_calls, and that were not
-- made yet.
with

calls as (

    select
        raw_table::text as raw_table,
        column_name::text as column_name,
        contract::text as contract,
        called_function::text as called_function,
        argument_column::text as argument_column,
        coalesce(result_word::text::integer, 0) as result_word
    from analytics.chain_calls

)

select distinct
    calls.contract,
    calls.called_function,
    calls.result_word,
    (pending.fact ->> calls.argument_column)::numeric as argument,
    decode(substr(lower(contracts.address), 3), 'hex') as address
from raw.pending_facts as pending
inner join calls
    on
        pending.table_name = calls.raw_table
        and calls.column_name = any(pending.missing)
inner join analytics.chain_contracts as contracts
    on
        pending.chain_id = contracts.chain_id
        and calls.contract = contracts.contract
where
    pending.chain_id = %(chain)s
    and pending.fact ->> calls.argument_column ~ '^[0-9]{1,78}$'
    and not exists (
        select from raw.chain_call_results as results
        where
            pending.chain_id = results.chain_id
            and calls.contract = results.contract
            and calls.called_function = results.called_function
            and (pending.fact ->> calls.argument_column)::numeric = results.argument
    )
order by calls.contract, calls.called_function, argument
limit %(limit)s
