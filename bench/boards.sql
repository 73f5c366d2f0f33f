-- The board of monthly wins, written by hand: the thousand with most wins in a month.
with
matches as (
    select
        wallets.cluster_id, m.realm, m.match_id, m.outcome, m.opponent_wallet,
        count(*) over (partition by wallets.cluster_id, m.realm, m.match_id) as own_wallets
    from raw.pvp_matches as m
    inner join app.wallet_links as wallets
        on m.wallet_address = wallets.address and wallets.unlinked_at is null
    where m.is_ranked and m.matched_at >= %(start)s and m.matched_at < %(end)s
),
scores as (
    select m.cluster_id, count(*) as score
    from matches as m
    left join app.wallet_links as opponents
        on m.opponent_wallet = opponents.address and opponents.unlinked_at is null
    where
        m.own_wallets = 1 and m.outcome = 'WIN'
        and opponents.cluster_id is distinct from m.cluster_id
    group by m.cluster_id
)
insert into bench.board
select rank() over (order by score desc) as rank, cluster_id, score
from scores
order by score desc, cluster_id
limit 1000
