-- A cluster that was computed has every active challenge, zeros included.
with

computed as (select distinct cluster_id from {{ ref('challenge_progress') }})

select
    computed.cluster_id,
    ladders.challenge_key

from computed
cross join {{ ref('challenge_ladders') }} as ladders
left join {{ ref('challenge_progress') }} as progress
    on
        computed.cluster_id = progress.cluster_id
        and ladders.challenge_key = progress.challenge_key
where progress.challenge_key is null
