-- Sessions of other roles in this database whose state this role may not see.
select
    format(
        'what %s sessions of the role %s do is hidden', count(*), usename
    ) as finding
from pg_stat_activity
where datname = current_catalog and backend_start is null
group by usename
order by usename
