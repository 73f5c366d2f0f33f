-- Lock spans of a million blocks of a chain against other writers of logs and blocks,
-- until the transaction ends. All of them lock in the same order.
select pg_advisory_xact_lock(1282369395, second_keys.second_key)
from (
    select distinct hashtext(%(chain)s || ' ' || millions.number) as second_key
    from unnest(%(millions)s::bigint[]) as millions (number)
    order by 1
) as second_keys
