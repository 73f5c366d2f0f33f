-- Stores what the data tests have found, in place of what they had found before.
insert into app.data_test_results (
    name, reads, state, failures, sample, message, seconds
)
select
    results.name,
    results.reads,
    results.state,
    results.failures,
    results.sample,
    results.message,
    results.seconds
from jsonb_to_recordset(%(found)s) as results (
    name text,
    reads text[],
    state text,
    failures bigint,
    sample jsonb,
    message text,
    seconds double precision
)
