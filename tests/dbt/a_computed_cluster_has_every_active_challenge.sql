-- A cluster that was computed has every active challenge, zeros included.
select
    progress.cluster_id,
    count(*) as challenges

from {{ ref('challenge_progress') }} as progress
inner join {{ ref('challenge_ladders') }} as ladders
    on progress.challenge_key = ladders.challenge_key
group by progress.cluster_id
having count(*) < (select count(*) from {{ ref('challenge_ladders') }})
