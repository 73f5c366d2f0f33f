-- depends: 0040-rate-limits

-- Sessions of browsers, by the hash of a random token that the cookie holds: of a
-- player who signed in with Discord, or of an admin who signed in with a token. A
-- copied cookie is of no use once its row is gone.
create table app.sessions (
    session_hash bytea primary key,
    player_id bigint references app.players on delete cascade,
    token_id bigint references app.api_tokens on delete cascade,
    browser text not null default '',
    created_at timestamptz not null default now(),
    used_at timestamptz not null default now()
);
create index on app.sessions (player_id);
create index on app.sessions (token_id);
create index on app.sessions (used_at);
