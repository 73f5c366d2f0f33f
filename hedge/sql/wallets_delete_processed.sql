-- Delete the selected rows, and the staged rows whose link is stored now.
truncate pg_temp.hedge_selected;

delete from pg_temp.hedge_staging
where
    line in (
        select wallet_rows.line
        from pg_temp.hedge_wallet_rows as wallet_rows
        where wallet_rows.is_stored
    )
