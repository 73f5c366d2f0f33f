-- The token with a hash, unless it was revoked; and that it was used.
update app.api_tokens set last_used_at = now()
where token_hash = %(hash)s and revoked_at is null
returning token_id, name, role
