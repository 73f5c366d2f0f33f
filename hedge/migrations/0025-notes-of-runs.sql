-- depends: 0020-taking-changes

-- What a person should know of a run, such as that a deploy was not checked.
alter table app.etl_runs add column note text;
