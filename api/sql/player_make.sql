-- A player for a Discord account; the one that was made meanwhile, if one was.
insert into app.players (discord_id) values (%(discord_id)s)
on conflict (discord_id) do update set discord_id = excluded.discord_id
returning player_id
