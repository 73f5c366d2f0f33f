-- The id of the board run that readers see.
select id from app.latest_board_runs
where leaderboard_key = %(key)s
