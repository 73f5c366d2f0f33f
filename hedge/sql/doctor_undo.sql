-- An undo that was interrupted.
select
    format(
        'the undo that %s began at %s has not finished',
        begun_by,
        to_char(begun_at, 'YYYY-MM-DD HH24:MI')
    ) as finding
from app.undos
where finished_at is null and begun_at < now() - interval '1 hour'
order by undo_id
