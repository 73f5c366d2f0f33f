-- Delete the rows that say what an earlier row of the file says.
delete from pg_temp.hedge_staging
where line in (
    select line
    from (
        select
            line,
            row_number() over (
                partition by cluster_id, address, discord_id order by line
            ) as number
        from pg_temp.hedge_staging
    ) as numbered
    where number > 1
)
