-- Change notes that no run over all changes has taken for a day.
select
    format(
        '%s changes wait for a run over all changes, the oldest since %s',
        count(*),
        to_char(min(noted_at), 'YYYY-MM-DD HH24:MI')
    ) as finding
from app.change_notes
where
    noted_at < now() - interval '1 day'
    and due_at < now() - interval '1 day'
having count(*) > 0
