-- The sessions of a player, the one that was used last first.
select
    browser,
    created_at,
    used_at,
    session_hash = %(session_hash)s as is_current
from app.sessions
where
    player_id = %(player)s
    and used_at > now() - make_interval(days => %(idle_days)s)
order by used_at desc, created_at desc
