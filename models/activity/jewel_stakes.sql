{# JEWEL that each cluster had staked. One row per stretch of time and window. #}
{{ held_positions(
    ref('stg_jeweler_events'),
    per=[],
    amounts=['jewel_amount', 'cjewel_amount'],
    held_by='cjewel_amount',
) }}
