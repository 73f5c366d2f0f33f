-- Goes on as the owner of the marts until the transaction ends, where the current role
-- may: the views of buckets are read by every role that makes runs.
select set_config('role', pg_get_userbyid(nspowner), true)
from pg_namespace
where
    nspname = 'analytics'
    and pg_has_role(
        nspowner,
        case
            when current_setting('server_version_num')::integer >= 160000 then 'set'
            else 'member'
        end
    )
