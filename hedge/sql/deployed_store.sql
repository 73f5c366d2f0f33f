-- Stores the files of a project that is about to be deployed.
insert into app.deployed_projects
(definitions, archive, hedge_version, deployed_by)
values (%(definitions)s, %(archive)s, %(hedge_version)s, %(deployed_by)s)
on conflict (definitions) do update
    set
        archive = excluded.archive,
        hedge_version = excluded.hedge_version,
        deployed_by = excluded.deployed_by,
        deployed_at = excluded.deployed_at
