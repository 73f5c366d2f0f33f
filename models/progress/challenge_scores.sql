{# Values of challenges except meta_profile. One row per cluster, challenge, window. #}
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
