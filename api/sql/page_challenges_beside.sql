-- The live challenges of a cluster before and after one, in the order of its page.
select
    beside.previous_key,
    beside.previous_name,
    beside.next_key,
    beside.next_name
from (
    select
        challenges.key,
        lag(challenges.key) over in_order as previous_key,
        lag(challenges.name) over in_order as previous_name,
        lead(challenges.key) over in_order as next_key,
        lead(challenges.name) over in_order as next_name
    from analytics.challenge_progress as progress
    inner join analytics.challenges on progress.challenge_key = challenges.key
    inner join analytics.categories on challenges.category_key = categories.key
    where progress.cluster_id = %(cluster)s and challenges.state = 'live'
    window
        in_order as (order by categories.sort_order, challenges.sort_order)
) as beside
where beside.key = %(challenge)s
