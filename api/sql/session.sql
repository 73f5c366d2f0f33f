-- The player of a session, also where it was merged into another, or whether it is an
-- admin's, by which token. No row where it was ended or not used for too long. That it
-- is used is written once a minute.
with

alive as (

    select
        sessions.session_hash,
        sessions.player_id,
        sessions.token_id,
        sessions.used_at
    from app.sessions
    where
        sessions.session_hash = %(session_hash)s
        and sessions.used_at > now() - make_interval(days => %(idle_days)s)

),

used as (

    update app.sessions set used_at = now()
    from alive
    where
        sessions.session_hash = alive.session_hash
        and alive.used_at not between now() - interval '1 minute' and now()

)

select
    tokens.name as token_name,
    (
        select coalesce(players.merged_into, players.player_id)
        from app.players
        where players.player_id = alive.player_id
    ) as player_id,
    tokens.token_id is not null as is_admin
from alive
left join app.api_tokens as tokens
    on
        alive.token_id = tokens.token_id
        and tokens.role = 'admin'
        and tokens.revoked_at is null
