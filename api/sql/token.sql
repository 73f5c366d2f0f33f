-- The token with a hash, unless it is revoked. The update records when it was last
-- used.
update app.api_tokens set last_used_at = now()
where token_hash = %(hash)s and revoked_at is null
returning token_id, name, role
