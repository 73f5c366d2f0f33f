-- What stands needs no more work.
truncate pg_temp.hedge_chosen;

delete from pg_temp.hedge_staging
where line in (
    select line from pg_temp.hedge_wallet_rows
    where is_settled
)
