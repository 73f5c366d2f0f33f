-- Changes the display name and the consents of a player; a null consent keeps the
-- old one. No row where the account was deleted.
update app.players
set
    display_name = case when %(has_name)s then %(display_name)s else display_name end,
    show_on_boards = coalesce(%(show_on_boards)s, show_on_boards),
    show_wallets = coalesce(%(show_wallets)s, show_wallets)
where player_id = %(player)s
returning player_id
