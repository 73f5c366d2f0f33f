-- Stores what a contract answered to a call. It is not wanted any more, also where
-- another process wanted it after the answer was stored; its facts are decoded again.
with stored as (
    insert into raw.chain_call_results
    (chain_id, contract, called_function, argument, block_number, answer)
    values (
        %(chain)s, %(contract)s, %(called_function)s, %(argument)s, %(block_number)s,
        %(answer)s
    )
    on conflict do nothing
),

answered as (
    delete from app.chain_wanted_calls as wanted
    where
        wanted.chain_id = %(chain)s
        and wanted.contract = %(contract)s
        and wanted.called_function = %(called_function)s
        and wanted.argument = %(argument)s
        and (not wanted.is_of_block or wanted.block_number = %(block_number)s)
    returning wanted.block_number, wanted.table_name
)

insert into app.undecoded_spans (chain_id, from_block, to_block, table_name)
select distinct
    %(chain)s::integer as chain_id,
    answered.block_number as from_block,
    answered.block_number as to_block,
    answered.table_name
from answered
