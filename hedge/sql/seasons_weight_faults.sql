-- The fault of each weight, or null, in the order in which the weights are given.
select
    case
        when given.challenge_key not in (select key from analytics.challenges)
            then format('no challenge %%s', given.challenge_key)
        when not coalesce(given.weight ~ '^[0-9]{1,12}([.][0-9]{1,6})?$', false)
            or given.weight::numeric = 0
            then format(
                'the weight of %%s is %%s, not a number above 0 with at most 6 decimals',
                given.challenge_key,
                coalesce(nullif(given.weight, ''), 'missing')
            )
        when given.nth < max(given.nth) over (partition by given.challenge_key)
            then format('challenge %%s is given twice', given.challenge_key)
    end as fault
from rows from (
    jsonb_to_recordset(%(weights)s) as (challenge_key text, weight text)
) with ordinality as given (challenge_key, weight, nth)
order by given.nth
