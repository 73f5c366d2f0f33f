-- The roles that hedge db grant has given rights, by what they are for; whether each
-- exists, and whether the current role is one, or is a member of one.
select
    recorded.purpose,
    recorded.role_name,
    known.oid is not null as is_there,
    coalesce(pg_has_role(known.oid, 'usage'), false) as is_ours
from app.database_roles as recorded
left join pg_roles as known on recorded.role_name = known.rolname
order by recorded.purpose, recorded.role_name
