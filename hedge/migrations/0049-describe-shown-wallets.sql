-- depends: 0044-search 0048-described-columns

comment on column app.players.show_wallets is
'Whether a search for the whole address of a wallet finds the player';
