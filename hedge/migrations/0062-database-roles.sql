-- depends: 0061-backups

-- The roles of PostgreSQL that `hedge db grant` has given rights, by what they are for
-- (hedge/rights.py). Migrations and deploys give them rights on what they create.
create table app.database_roles (
    purpose text not null,
    role_name text collate "C" not null,
    primary key (purpose, role_name),
    constraint "the purpose is one of migrate, run, serve, load and read"
    check (purpose in ('migrate', 'run', 'serve', 'load', 'read'))
);
comment on table app.database_roles is
'Roles of PostgreSQL that hedge db grant has given rights';
create unique index "one role migrates, and one runs"
on app.database_roles (purpose) where purpose in ('migrate', 'run');

-- A deploy has the changes of every raw table noted. The role that deploys need not own
-- the raw tables: the triggers and their functions are made by the owner of these
-- functions. They take nothing that becomes SQL but names of columns, which are quoted.
alter function app.watch_facts(regclass, text, jsonb)
security definer set search_path = pg_catalog, pg_temp;
alter function app.watch_left_out_versions()
security definer set search_path = pg_catalog, pg_temp;
revoke execute on function app.watch_facts(regclass, text, jsonb) from public;
revoke execute on function app.watch_left_out_versions() from public;
