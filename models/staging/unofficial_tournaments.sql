{# Tournaments that no registration calls official. One row per registration. #}
{#
   Being official belongs to the tournament. A tournament is official if one of its
   registrations says so, whoever registered, or if it has no registration.
#}
select
    entries.chain_id,
    entries.tournament_id

from {{ source('raw', 'tournament_entries') }} as entries
where
    not entries.is_official
    and {{ is_counted('tournament_entries', 'entries') }}
    and not exists (
        select from {{ source('raw', 'tournament_entries') }} as agreeing
        where
            agreeing.chain_id = entries.chain_id
            and agreeing.tournament_id = entries.tournament_id
            and agreeing.is_official
            and {{ is_counted('tournament_entries', 'agreeing') }}
    )
