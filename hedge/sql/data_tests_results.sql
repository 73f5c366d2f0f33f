-- What the data tests have found, what is wrong first.
select
    name,
    reads,
    state,
    failures,
    sample,
    message,
    seconds,
    checked_at
from app.data_test_results
order by array_position(array['ERROR', 'FAIL', 'WARN', 'PASS'], state), name
