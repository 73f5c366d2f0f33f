{# How many upward mutations each hero with known genes carries. One row per hero. #}
select
    origins.hero_id,
    origins.summoner_id,
    origins.assistant_id,
    origins.wallet_address,
    origins.occurred_at,
    mutations.mutation_count

from {{ ref('hero_origins') }} as origins
cross join lateral ({{ upward_mutations('origins') }}) as mutations
