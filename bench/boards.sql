-- The board of monthly wins as a query by hand: the thousand clusters with the most wins in a
-- month, ties broken by the longest streak. A match between two wallets of one cluster does not
-- count, even where the row of the other side has another instant.
create table bench.board as
with
matches as (
    select
        own.cluster_id, m.outcome,
        count(*) filter (where m.outcome <> 'WIN') over (
            partition by own.cluster_id order by m.matched_at, m.realm, m.match_id
        ) as run_number
    from raw.pvp_matches as m
    inner join app.wallet_links as own
        on m.wallet_address = own.address and own.unlinked_at is null
    left join app.wallet_links as opponents
        on m.opponent_wallet = opponents.address and opponents.unlinked_at is null
    where
        m.is_ranked and m.matched_at >= %(start)s and m.matched_at < %(end)s
        and opponents.cluster_id is distinct from own.cluster_id
        and not exists (
            select from raw.pvp_matches as sides
            inner join app.wallet_links as others
                on sides.wallet_address = others.address and others.unlinked_at is null
            where
                sides.realm = m.realm and sides.match_id = m.match_id
                and sides.wallet_address <> m.wallet_address
                and others.cluster_id = own.cluster_id
        )
),
runs as (
    select cluster_id, count(*) filter (where outcome = 'WIN') as wins
    from matches
    group by cluster_id, run_number
),
scores as (
    select cluster_id, sum(wins) as score, max(wins) as streak
    from runs
    group by cluster_id
    having sum(wins) > 0
)
select rank, cluster_id, score
from (
    select
        cluster_id, score,
        dense_rank() over (order by score desc, streak desc) as rank,
        rank() over (order by score desc, streak desc) as place
    from scores
) as ranked
where place <= 1000
