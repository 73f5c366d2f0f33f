-- The values of settings of this session, by their names.
select
    wanted.name,
    current_setting(wanted.name) as value
from unnest(%(names)s::text[]) as wanted (name)
