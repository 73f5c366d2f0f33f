-- Deletes a player whose cluster is deleted.
delete from app.players
where player_id = %(player)s
