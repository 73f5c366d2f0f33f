-- The player of a Discord account, or the one whose account it was merged into.
select coalesce(merged_into, player_id) as player_id from app.players
where discord_id = %(discord_id)s
