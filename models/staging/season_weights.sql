{# What a challenge's value is worth in a season. One row per season and challenge. #}
{#
   A weight follows a challenge that is renamed: a deploy and a preview compute with the
   new name before the rename is live, and an undo with the former one. Where the name of
   the weight is a challenge of the project, nothing is looked up.
#}
with

other_names as (

    select
        old_name,
        new_name,
        0 as rename_id

    from {{ ref('renames') }}
    where kind = 'challenge'

    union all

    -- the way back
    select
        new_name as old_name,
        old_name as new_name,
        rename_id

    from {{ source('app', 'renames') }}
    where kind = 'challenge'

)

select
    weights.season_id,
    weights.weight,
    coalesce(challenges.key, renamed.challenge_key, weights.challenge_code)
        as challenge_key

from {{ source('app', 'season_challenge_weights') }} as weights
left join {{ ref('challenges') }} as challenges
    on weights.challenge_code = challenges.key
left join
    lateral (
        select named.key as challenge_key
        from other_names
        inner join {{ ref('challenges') }} as named
            on other_names.new_name = named.key
        where
            challenges.key is null
            and other_names.old_name = weights.challenge_code
        -- what the project declares counts before what deploys have recorded
        order by other_names.rename_id = 0 desc, other_names.rename_id desc
        limit 1
    ) as renamed
    on true
