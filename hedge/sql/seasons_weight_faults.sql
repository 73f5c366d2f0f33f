-- What is wrong with weights, in the order they were given.
with

given as (

    select
        weights.nth,
        weights.entry ->> 'challenge_key' as challenge_key,
        weights.entry ->> 'weight' as weight
    from jsonb_array_elements(%(weights)s) with ordinality as weights (entry, nth)

)

select
    case
        when
            given.challenge_key not in (select challenges.key from analytics.challenges)
            then format('no challenge %%s', given.challenge_key)
        when
            not coalesce(given.weight ~ '^[0-9]{1,12}([.][0-9]{1,6})?$', false)
            or given.weight::numeric = 0
            then format(
                'the weight of %%s is %%s, '
                || 'not a number above 0 with at most 6 decimals',
                given.challenge_key,
                coalesce(nullif(given.weight, ''), 'missing')
            )
        when given.nth < max(given.nth) over (partition by given.challenge_key)
            then format('challenge %%s is given twice', given.challenge_key)
    end as fault
from given
order by given.nth
