-- Ends all sessions of a player.
delete from app.sessions
where player_id = %(player)s
