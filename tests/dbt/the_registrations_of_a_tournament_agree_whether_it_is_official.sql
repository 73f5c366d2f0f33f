-- Registrations for one tournament agree whether it is official. If they do not, it
-- counts as official, and those that say otherwise need a correction: a warning.
{{ config(severity='warn') }}
select
    chain_id,
    tournament_id,
    count(*) filter (where is_official) as official_entries,
    count(*) filter (where not is_official) as unofficial_entries

from {{ source('raw', 'tournament_entries') }}
group by chain_id, tournament_id
having bool_or(is_official) and not bool_and(is_official)
