-- depends: 0049-describe-shown-wallets

-- The backups that `hedge db backup` has made. A restored database knows those before
-- the one that it comes from.
create table app.backups (
    id bigint generated always as identity primary key,
    began_at timestamptz not null,
    ended_at timestamptz not null,
    host_name text not null,
    file_name text,
    size_in_bytes bigint,
    constraint "a backup ends after it began" check (ended_at >= began_at),
    constraint "a backup has bytes" check (size_in_bytes > 0)
);
comment on column app.backups.file_name is 'null where it went to standard output';
create index on app.backups (ended_at);
