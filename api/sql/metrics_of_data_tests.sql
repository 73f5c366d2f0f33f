-- What the data tests found when they were last passed, by state. No row where they
-- never were.
select
    states.state,
    count(*) filter (where results.state = states.state) as number
from app.data_test_results as results
cross join unnest(array['PASS', 'WARN', 'FAIL', 'ERROR']) as states (state)
group by states.state
order by states.state
