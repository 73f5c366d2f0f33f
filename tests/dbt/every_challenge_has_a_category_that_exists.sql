-- Every challenge has a category that exists.
select
    challenges.key,
    challenges.category_key

from {{ ref('challenges') }} as challenges
left join {{ ref('categories') }} as categories
    on challenges.category_key = categories.key
where categories.key is null
