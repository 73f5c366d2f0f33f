-- Creates the player of a Discord account. The upsert returns the row also where a
-- concurrent request has created it.
insert into app.players (discord_id) values (%(discord_id)s)
on conflict (discord_id) do update set discord_id = excluded.discord_id
returning coalesce(merged_into, player_id) as player_id
