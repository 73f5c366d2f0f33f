{# What a JEWEL was worth on a day. #}
select
    price_date,
    usd_price

from {{ source('raw', 'token_prices_daily') }}
where
    token = 'JEWEL'
    and {{ is_counted('token_prices_daily') }}
