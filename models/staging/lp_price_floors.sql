{# The lowest price each pool ever had, and the first day with one. #}
select
    chain_id,
    pool_id,
    min(price_date) as priced_from,
    min(usd_per_lp) as usd_per_lp

from {{ ref('stg_lp_prices') }}
group by chain_id, pool_id
