-- What the pictures of the first page and of the catalogue count: active public boards,
-- live challenges and their categories, and the current season, where there is one.
with

ranked as (

    select count(*) as boards
    from app.public_boards as defs
    where defs.is_active and defs.state = 'live'

),

live as (

    select
        count(*) as challenges,
        count(distinct challenges.category_key) as categories
    from analytics.challenges
    where challenges.state = 'live'

)

select
    ranked.boards,
    live.challenges,
    live.categories,
    seasons.id as season,
    seasons.name,
    seasons.ends_at
from ranked
cross join live
left join app.public_seasons as seasons
    on
        seasons.is_active
        and seasons.starts_at <= now()
        and now() < seasons.ends_at
