-- Frees the display name that a player has had.
delete from app.names_of_players
where player_id = %(player)s
