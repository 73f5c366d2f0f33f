-- A token that may be used no more.
update app.api_tokens set revoked_at = coalesce(revoked_at, now())
where token_id = %(token)s
returning token_id
