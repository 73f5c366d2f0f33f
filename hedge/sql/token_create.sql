-- A token; only its hash is kept.
insert into app.api_tokens (name, role, token_hash)
values (%(name)s, %(role)s, %(hash)s)
returning token_id
