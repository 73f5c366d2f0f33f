-- depends: 0185-functions-of-callers

-- A security definer is executed with the rights of its owner. A backup has no
-- privileges, because the server in which it is restored may lack the roles: there,
-- everybody could execute each of them, whatever the migrations had revoked.

-- Functions of the service that only read, and that many queries call, are everybody's;
-- those that return logs are not.
create function app.keep_definers_from_everybody() returns void
language plpgsql
as $$
declare
    definer regprocedure;
begin
    for definer in
        select oid from pg_proc
        where
            pronamespace = 'app'::regnamespace
            and prosecdef
            and (provolatile = 'v' or proname in ('calls_of_facts', 'logs_of_fact'))
    loop
        execute format('revoke execute on function %s from public', definer);
    end loop;
end
$$;
comment on function app.keep_definers_from_everybody() is
'Revokes from everybody what is executed with the rights of its owner, if not public';

select app.keep_definers_from_everybody();
