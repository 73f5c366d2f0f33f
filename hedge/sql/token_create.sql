-- Inserts the hash of a token; the token itself is stored nowhere.
insert into app.api_tokens (name, role, token_hash)
values (%(name)s, %(role)s, %(hash)s)
returning token_id
