-- Drops runs of boards that ended, but the newest of each board and the one that
-- readers see. Their entries go with them.
delete from app.leaderboard_runs
where
    id in (
        select id
        from (
            select
                id,
                row_number()
                    over (partition by leaderboard_key order by id desc)
                    as age,
                status = 'COMPLETE' and row_number() over (
                    partition by leaderboard_key, status
                    order by period_end desc, as_of desc, id desc
                ) = 1 as is_seen
            from app.leaderboard_runs
            where status in ('COMPLETE', 'FAILED')
        ) as ended
        where age > %(keep)s and not is_seen
    )
returning id
