-- Creates a session of a player, or of a token, and deletes those that were not used
-- for too long. No row where the player or the token does not exist any more.
with

idle as (

    delete from app.sessions
    where sessions.used_at < now() - make_interval(days => %(idle_days)s)

),

player as (

    select players.player_id from app.players
    where players.player_id = %(player)s
    for key share

),

token as (

    select tokens.token_id from app.api_tokens as tokens
    where tokens.token_id = %(token)s
    for key share

)

insert into app.sessions (session_hash, player_id, token_id, browser)
select
    %(session_hash)s as session_hash,
    player.player_id,
    token.token_id,
    %(browser)s as browser
from player
full join token on true
returning session_hash
