-- Ends an exclusion that nobody has ended and whose end has not come: from now on it is
-- not valid. Returns its number; no row where there is none.
update app.exclusions
set ended_at = now(), ended_by = %(by)s, end_reason = %(reason)s
where
    exclusion_id = %(exclusion)s
    and ended_at is null
    and now() < ends_at
returning exclusion_id
