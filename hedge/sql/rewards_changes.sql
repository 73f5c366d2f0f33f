-- What became of a reward, the first change first.
select
    previous_state,
    state,
    changed_at,
    changed_by,
    note,
    caused_by
from app.reward_changes
where reward_id = %(reward)s
order by change_id
