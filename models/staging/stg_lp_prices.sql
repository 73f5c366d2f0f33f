{# What one LP token of a pool is worth, from a day until the next one with a price. #}
select
    chain_id,
    pool_id,
    usd_per_lp,
    price_date as priced_from,
    lead(price_date, 1, 'infinity') over (
        partition by chain_id, pool_id order by price_date
    ) as priced_until

from {{ source('raw', 'lp_prices_daily') }}
