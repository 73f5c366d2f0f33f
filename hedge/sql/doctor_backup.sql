-- The last backup, if it was more than two days ago, else null; no row where there is
-- none.
select
    case
        when max(ended_at) < now() - interval '2 days'
            then to_char(max(ended_at), '"the last backup is of" YYYY-MM-DD HH24:MI')
    end as finding
from app.backups
where ended_at <= now()
having count(*) > 0
