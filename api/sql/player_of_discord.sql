-- The player of a Discord account.
select player_id from app.players
where discord_id = %(discord_id)s
