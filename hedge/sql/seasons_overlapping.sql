-- The first active season that overlaps the given span.
select id from app.seasons
where
    is_active
    and id <> %(id)s
    and starts_at < %(ends_at)s
    and ends_at > %(starts_at)s
order by starts_at
limit 1
