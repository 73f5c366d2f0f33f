-- Deletes ended board runs except the newest of each board and the one that readers
-- see. Their entries are deleted by the foreign key.
delete from app.leaderboard_runs
where
    id in (
        select id
        from (
            select
                id,
                row_number() over (partition by leaderboard_key order by id desc) as age
            from app.leaderboard_runs
            where status in ('COMPLETE', 'FAILED')
        ) as ended
        where age > %(keep)s
    )
    and id not in (select id from app.latest_board_runs)
returning id
