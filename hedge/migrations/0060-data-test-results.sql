-- depends: 0050-deleted-accounts

-- What dbt's data tests have found when they were last passed over the live tables,
-- which happens after each full run as of now. The next time replaces all rows.
create table app.data_test_results (
    name text primary key,
    reads text[] not null,
    state text not null,
    failures bigint not null,
    sample jsonb not null default '[]',
    message text,
    seconds double precision not null,
    checked_at timestamptz not null default now(),
    constraint "state is a state of a data test" check (
        state in ('PASS', 'WARN', 'FAIL', 'ERROR')
    ),
    constraint "a data test that passes has no failures" check (
        failures >= 0 and (state <> 'PASS' or failures = 0)
    ),
    constraint "a data test with an error has a message" check (
        state <> 'ERROR' or message is not null
    ),
    constraint "a sample is an array" check (jsonb_typeof(sample) = 'array')
);
comment on column app.data_test_results.name is 'The data test, as dbt names it';
comment on column app.data_test_results.reads is
'The models, seeds and sources that it reads';
comment on column app.data_test_results.state is
'PASS without failures, WARN or FAIL with some; ERROR where its query failed';
comment on column app.data_test_results.failures is 'How many rows it has found';
comment on column app.data_test_results.sample is
'The first of these rows, as JSON objects';
comment on column app.data_test_results.message is 'The error of its query';
comment on column app.data_test_results.seconds is 'How long it took';
comment on column app.data_test_results.checked_at is
'When all data tests were passed';

-- A sample may name a cluster that is deleted, and an error its values.
create function app.forget_samples() returns trigger
language plpgsql
as $$
begin
    update app.data_test_results
    set
        sample = app.without_cluster(sample::text, deleted_clusters.cluster_id)::jsonb,
        message = app.without_cluster(message, deleted_clusters.cluster_id)
    from deleted_clusters
    where
        strpos(sample::text, deleted_clusters.cluster_id) > 0
        or strpos(message, deleted_clusters.cluster_id) > 0;
    return null;
end
$$;
create trigger forget_samples after delete on app.wallet_clusters
referencing old table as deleted_clusters
for each statement execute function app.forget_samples();
