-- Delete the selected rows, and the staged rows whose link is stored now.
truncate pg_temp.hedge_selected;

delete from pg_temp.hedge_staging
where line in (
    select line from pg_temp.hedge_wallet_rows
    where is_stored
)
