-- A chain of the deployed seed: its name, and after how many blocks one is final.
select
    name,
    finality_depth
from analytics.chains
where chain_id = %(chain)s
