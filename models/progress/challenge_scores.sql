{# What each cluster has of each challenge, save those of meta_profile, per window. #}
with

metrics as (

    select * from {{ ref('metric_values') }}

    union all

    {{ long_form('epic_feats') }}

),

challenge_scores as (

    {{ scored('metrics') }}

)

select * from challenge_scores
