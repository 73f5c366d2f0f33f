-- Stores a message that a wallet is to sign, and deletes messages that expired more
-- than a day ago.
with expired as (
    delete from app.wallet_challenges
    where expires_at < now() - interval '1 day'
)

insert into app.wallet_challenges (
    nonce, cluster_id, address, message, created_at, expires_at, purpose
)
values (
    %(nonce)s,
    %(cluster)s,
    %(address)s,
    %(message)s,
    %(issued_at)s,
    %(expires_at)s,
    %(purpose)s
)
