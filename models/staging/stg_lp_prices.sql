{# What one LP token of a pool was worth on a day. #}
select
    chain_id,
    pool_id,
    price_date,
    usd_per_lp

from {{ source('raw', 'lp_prices_daily') }}
where {{ is_counted('lp_prices_daily') }}
