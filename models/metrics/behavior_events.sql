{# Activity, engagement on Discord, age. One row per cluster and window. #}
with

active_days as (

    select
        cluster_id,
        window_key,
        active_day

    from {{ ref('player_actions') }}
    group by cluster_id, window_key, active_day

),

parts as (

    select
        cluster_id,
        window_key,
        count(*) as active_days,
        0 as engagement,
        null::interval as age

    from active_days
    group by cluster_id, window_key

    union all

    select
        interactions.cluster_id,
        interactions.window_key,
        0 as active_days,
        weights.weight as engagement,
        null::interval as age

    from {{ ref('discord_interactions') }} as interactions
    inner join {{ ref('weights') }} as weights
        on
            weights.code = 'discord_kind_weight'
            and interactions.kind = weights.kind

    union all

    select
        cluster_id,
        window_key,
        0 as active_days,
        0 as engagement,
        window_ends_at - first_tx_at as age

    from {{ ref('first_transactions') }}

),

metrics as (

    select
        cluster_id,
        window_key,
        sum(active_days)::bigint as active_days,
        sum(engagement)::numeric(60, 6) as discord_engagement_score,
        {{ whole_days('max(age)') }} as account_age_days

    from parts
    group by cluster_id, window_key

)

select * from metrics
