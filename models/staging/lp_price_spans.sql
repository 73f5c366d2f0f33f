{# What one LP token was worth, from a day until the next one with a price. #}
select
    chain_id,
    pool_id,
    usd_per_lp,
    price_date as priced_from,
    lead(price_date, 1, 'infinity') over (
        partition by chain_id, pool_id order by price_date
    ) as priced_until

from {{ ref('stg_lp_prices') }}
