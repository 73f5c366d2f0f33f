-- The players of an account: those that were merged into it first.
select player_id from app.players
where %(player)s in (player_id, merged_into)
order by merged_into is null, player_id
