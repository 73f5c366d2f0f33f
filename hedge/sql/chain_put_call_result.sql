-- Stores what a contract answered to a call.
insert into raw.chain_call_results
(chain_id, contract, called_function, argument, block_number, answer)
values (
    %(chain)s, %(contract)s, %(called_function)s, %(argument)s, %(block_number)s,
    %(answer)s
)
on conflict do nothing
