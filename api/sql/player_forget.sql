-- The account itself, when its cluster is gone.
delete from app.players
where player_id = %(player)s
