-- What a former name of a challenge, tier or metric is called now, if anything is.
with recursive

later_names as (

    select
        new_name,
        rename_id
    from app.renames
    where kind = %(kind)s and old_name = %(name)s

    union all

    select
        renames.new_name,
        renames.rename_id
    from later_names
    inner join app.renames
        on
            later_names.new_name = renames.old_name
            and later_names.rename_id < renames.rename_id
    where renames.kind = %(kind)s

)

select new_name
from later_names
where new_name = any(%(known)s)
order by rename_id desc
limit 1
