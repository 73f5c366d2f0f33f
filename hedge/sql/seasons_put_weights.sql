-- Weights of a season: made or replaced, and the others removed where only these are to
-- stay. The season counts as changed, so that the next run computes everybody.
with

given as (

    select
        entries.challenge_key,
        entries.weight
    from jsonb_to_recordset(%(weights)s) as entries (challenge_key text, weight numeric)

),

removed as (

    delete from app.season_challenge_weights
    where
        %(only)s
        and season_id = %(season)s
        and challenge_code not in (select challenge_key from given)

),

changed as (

    update app.seasons set changed_at = now()
    where id = %(season)s

)

insert into app.season_challenge_weights (season_id, challenge_code, weight)
select
    %(season)s as season_id,
    challenge_key,
    weight
from given
order by challenge_key
on conflict (season_id, challenge_code) do update set weight = excluded.weight
