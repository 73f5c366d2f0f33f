-- Forgets that the logs of the blocks after an ancestor are known.
update app.chain_coverage
set
    covered = covered
    - int8multirange(int8range(%(ancestor)s, %(lost)s, '(]'))
where chain_id = %(chain)s
