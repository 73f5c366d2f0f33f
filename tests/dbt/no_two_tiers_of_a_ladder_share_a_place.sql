-- No two tiers of a ladder have the same sort_order.
select
    challenge_key,
    sort_order

from {{ ref('challenge_tiers') }}
group by challenge_key, sort_order
having count(*) > 1
