-- depends: 0010-latest-board-runs

-- The watermark counts sessions that PostgreSQL hides. To a role without
-- pg_read_all_stats it shows neither when the transaction of another role's session
-- began nor what kind of process it is (backend_type is null), so that the condition on
-- the kind left these sessions out, and the 15 minutes were never subtracted.
create or replace function app.seen_until() returns timestamptz
language sql volatile
return (
    select
        least(now(), min(sessions.xact_start)) - case
            when bool_or(sessions.query = '<insufficient privilege>')
                then interval '15 minutes'
            else interval '0'
        end
    from pg_stat_activity as sessions
    where
        sessions.datname = current_database()
        and sessions.application_name <> 'hedge-dbt'
        and (
            sessions.backend_type = 'client backend'
            -- processes of the server itself have no role
            or (
                sessions.query = '<insufficient privilege>'
                and sessions.usesysid is not null
            )
        )
);
