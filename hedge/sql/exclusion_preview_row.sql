-- A stored exclusion as JSON, as if it had begun before every run and nobody had ended
-- it; null where it does not exist.
select
    to_jsonb(exclusions) || jsonb_build_object(
        'starts_at', '-infinity',
        'ends_at', 'infinity',
        'ended_at', null,
        'ended_by', null,
        'reason', 'previewed',
        'end_reason', null
    ) as described
from app.exclusions
where exclusion_id = %(exclusion)s
