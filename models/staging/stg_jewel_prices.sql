{# What a JEWEL is worth, from a day until the next one with a price. #}
select
    usd_price,
    price_date as priced_from,
    lead(price_date, 1, 'infinity') over (order by price_date) as priced_until

from {{ source('raw', 'token_prices_daily') }}
where token = 'JEWEL'
