-- Changes the display name and the consent of a player; a null consent keeps the old
-- one.
update app.players
set
    display_name = case when %(has_name)s then %(display_name)s else display_name end,
    show_on_boards = coalesce(%(show_on_boards)s, show_on_boards)
where player_id = %(player)s
