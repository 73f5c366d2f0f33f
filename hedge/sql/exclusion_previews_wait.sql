-- Whether a preview waits to be computed.
select exists (
    select from app.exclusion_previews
    where finished_at is null
) as do_wait
