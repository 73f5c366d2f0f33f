{# The known parents of each hero. One row per hero, parent and row that names it. #}
select
    hero_id,
    summoner_id as parent_id

from {{ source('raw', 'hero_summons') }}

union all

select
    hero_id,
    assistant_id as parent_id

from {{ source('raw', 'hero_summons') }}

union all

select
    hero_id,
    summoner_id as parent_id

from {{ source('raw', 'heroes') }}

union all

select
    hero_id,
    assistant_id as parent_id

from {{ source('raw', 'heroes') }}
