{# Winners of shell raffles. #}
select
    raffle_id,
    winner_wallet as wallet_address,
    drawn_at as occurred_at

from {{ source('raw', 'shell_raffle_results') }}
where {{ is_counted('shell_raffle_results') }}
