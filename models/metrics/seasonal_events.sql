{# Points from limited-time events. One row per cluster and window. #}
with

actions as (

    select
        actions.*,
        weights.weight

    from {{ ref('seasonal_actions') }} as actions
    inner join {{ ref('weights') }} as weights
        on
            weights.code = 'seasonal_action_weight'
            and actions.action_kind = weights.kind

),

metrics as (

    select
        cluster_id,
        window_key,
        sum(weight)::numeric(60, 6) as seasonal_score

    from actions
    group by cluster_id, window_key

)

select * from metrics
