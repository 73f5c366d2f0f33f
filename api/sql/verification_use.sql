-- Marks a nonce as used; no row where it was used before.
update app.wallet_challenges set used_at = now()
where nonce = %(nonce)s and used_at is null
returning nonce
