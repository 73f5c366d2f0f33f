-- Stores what a contract answered to a call; an answer that is stored already counts as
-- one that has come again (app.note_called).
insert into raw.chain_call_results
(chain_id, contract, called_function, argument, block_number, answer)
values (
    %(chain)s, %(contract)s, %(called_function)s, %(argument)s, %(block_number)s,
    %(answer)s
)
on conflict (chain_id, contract, called_function, argument, block_number) do update
    set called_at = excluded.called_at
