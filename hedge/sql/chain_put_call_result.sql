-- Stores what a contract answered to a call.
insert into raw.chain_call_results
(chain_id, contract, called_function, argument, result)
values (%(chain)s, %(contract)s, %(called_function)s, %(argument)s, %(result)s)
on conflict do nothing
