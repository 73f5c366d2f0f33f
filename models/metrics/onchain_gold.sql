{# Gold spent with vendors. One row per cluster and window. #}
with

purchases as (

    select trades.*
    from {{ ref('vendor_trades') }} as trades
    inner join {{ ref('vendor_methods') }} as methods
        on trades.method = methods.method
    where trades.direction = 'SPEND' and methods.is_purchase

),

metrics as (

    select
        cluster_id,
        window_key,
        sum(gold_amount)::numeric(60, 6) as vendor_spend

    from purchases
    group by cluster_id, window_key

)

select * from metrics
