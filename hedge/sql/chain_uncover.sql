-- Forgets that the logs of the blocks from one to another, both included, are known.
update app.chain_coverage
set
    covered = covered
    - int8multirange(int8range(%(first)s, %(last)s + 1))
where chain_id = %(chain)s
