{# What players did in limited-time events. #}
select
    event_key,
    wallet_address,
    action_kind,
    ref_id,
    occurred_at

from {{ source('raw', 'seasonal_event_actions') }}
where {{ is_counted('seasonal_event_actions') }}
