-- depends: 0119-words-of-drafts

-- What the as-of instant is where hedge.as_of is not set. A session by which Citus
-- executes a part of a statement on a worker has no settings of the session of the run
-- (but those set for the transaction, if citus.propagate_set_commands is 'local').
-- There, now would be another instant than that of the run, and nobody would notice.
create function app.now_outside_of_runs() returns timestamptz
language plpgsql stable parallel safe
as $$
begin
    if current_setting('application_name') like 'citus\_internal%' then
        raise exception
            'a session of a worker was not given the as-of instant (hedge.as_of)'
        using
            errcode = 'object_not_in_prerequisite_state',
            hint = 'Set it for the transaction, with citus.propagate_set_commands'
            ' = ''local''.';
    end if;
    return now();
end
$$;
comment on function app.now_outside_of_runs() is
'The start of the transaction; refused in a session of a worker of Citus';

create or replace function app.as_of() returns timestamptz
language sql stable parallel safe
return coalesce(
    nullif(current_setting('hedge.as_of', true), '')::timestamptz,
    app.now_outside_of_runs()
);
