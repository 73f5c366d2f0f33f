-- Ends sessions by their hashes.
delete from app.sessions
where session_hash = any(%(session_hashes)s)
