-- The tokens, newest first.
select
    token_id,
    name,
    role,
    created_at,
    last_used_at,
    revoked_at
from app.api_tokens
order by token_id desc
