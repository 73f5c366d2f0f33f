{# Liquidity that each cluster held without a break. A row per pool, holding, window. #}
{{ lp_held() }}
