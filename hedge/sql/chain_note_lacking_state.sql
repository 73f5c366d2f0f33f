-- Notes that the node does not have the state that a call asks for. The facts that want
-- it are decoded again, so that they say so.
with

lacking as (

    update app.chain_wanted_calls
    set lacked_at = clock_timestamp()
    where
        chain_id = %(chain)s
        and contract = %(contract)s
        and called_function = %(called_function)s
        and argument = %(argument)s
        and is_of_block = %(is_of_block)s
        and (not is_of_block or block_number = %(block_number)s)
    returning block_number, table_name

)

insert into app.undecoded_spans (chain_id, from_block, to_block, table_name)
select distinct
    %(chain)s::integer as chain_id,
    lacking.block_number as from_block,
    lacking.block_number as to_block,
    lacking.table_name
from lacking
