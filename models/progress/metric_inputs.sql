{# The metric sources that a derived metric rests on. One row per metric and source. #}
{#
   What rests on a source that cannot be computed is out of date, and nothing else
   (macros/left_out). A derived metric that is not listed here counts as resting on every
   source.
#}
with

inputs (metric_source, metric_key, input_source, input_key) as (

    {% for feat, metric_source, metric_key, goal in goals_of_feats() -%}
    select
        'epic_feats' as metric_source,
        '{{ feat }}_unlocked' as metric_key,
        '{{ metric_source }}' as input_source,
        '{{ metric_key }}' as input_key

    union all

    {% endfor -%}
    select
        'meta_profile' as metric_source,
        weights.score as metric_key,
        weights.metric_source as input_source,
        weights.metric_key as input_key

    from {{ ref('mastery_weights') }} as weights

    union all

    -- the tiers that are reached in feats, and the last ones of other challenges
    select
        'meta_profile' as metric_source,
        case
            when ladders.is_feat then 'prestige_unlocked_count'
            else 'exalted_category_count'
        end as metric_key,
        ladders.metric_source as input_source,
        ladders.metric_key as input_key

    from {{ ref('challenge_ladders') }} as ladders
    where ladders.metric_source <> 'meta_profile'

),

metric_inputs as (

    select
        inputs.metric_source,
        inputs.metric_key,
        sources.input_source

    from inputs
    -- a derived metric rests on what its inputs rest on, too
    left join inputs as further
        on
            inputs.input_source = further.metric_source
            and inputs.input_key = further.metric_key
    cross join
        lateral (
            values (inputs.input_source), (further.input_source)
        ) as sources (input_source)
    where sources.input_source is not null
    group by
        inputs.metric_source,
        inputs.metric_key,
        sources.input_source

)

select * from metric_inputs
