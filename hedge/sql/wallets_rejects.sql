-- Reject the rows that remain after the last round: each of them has a conflict.
insert into pg_temp.hedge_rejects (line, row_text, reason)
select
    line,
    json_strip_nulls(
        json_build_object(
            'cluster_id', cluster_id,
            'address', address,
            'chain', chain,
            'discord_id', discord_id
        )
    )::text as row_text,
    fault
from pg_temp.hedge_wallet_rows
