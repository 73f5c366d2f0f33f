-- Revokes a token; the time of an earlier revocation is kept.
update app.api_tokens set revoked_at = coalesce(revoked_at, now())
where token_id = %(token)s
returning token_id
