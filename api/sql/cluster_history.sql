-- The changes of a cluster's progress before a place, newest first; with a challenge
-- those in it. Challenges that are no longer active are left out.
select
    history.challenge_key,
    history.value,
    history.tier,
    history.as_of
from analytics.progress_history as history
inner join analytics.challenges on history.challenge_key = challenges.key
where
    history.cluster_id = %(cluster)s
    and challenges.state <> 'draft'
    and (history.challenge_key = %(challenge)s or %(challenge)s::text is null)
    and (
        %(before)s::timestamptz is null
        or (history.as_of, history.challenge_key)
        < (%(before)s::timestamptz, %(before_challenge)s::text)
    )
order by history.as_of desc, history.challenge_key desc
limit %(limit)s
