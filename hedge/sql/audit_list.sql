-- Changes of definitions, the newest first: of one kind, of one board, season or
-- challenge, and behind a change.
select
    changes.change_id,
    changes.kind,
    changes.key,
    changes.part,
    changes.operation,
    changes.old_values,
    changes.new_values,
    changes.changed_at,
    changes.changed_by,
    changes.caused_by,
    changes.run_id
from app.definition_changes as changes
where
    (changes.kind = %(kind)s or %(kind)s::text is null)
    and (changes.key = %(key)s or %(key)s::text is null)
    and (changes.change_id < %(before)s or %(before)s::bigint is null)
order by changes.change_id desc
limit %(limit)s
