-- The categories that have live challenges, and how many.
select
    categories.key,
    categories.name,
    count(*) as challenges
from analytics.categories
inner join analytics.challenges on categories.key = challenges.category_key
where challenges.state = 'live'
group by categories.key, categories.name, categories.sort_order
order by categories.sort_order
