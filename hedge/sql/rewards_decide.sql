-- Fulfils or refuses a reward that is claimed, unless another player has verified a
-- wallet that it rests on, which the next run decides about; returns it then.
update app.rewards
set
    state = %(state)s,
    fulfilled_at = case %(state)s when 'FULFILLED' then clock_timestamp() end,
    changed_by = %(changed_by)s,
    note = %(note)s
where
    reward_id = %(reward)s
    and state = 'CLAIMED'
    and not app.is_disputed(reward_id)
returning reward_id
