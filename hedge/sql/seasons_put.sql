-- A season: made, or changed where it may stand already.
insert into app.seasons as standing (id, name, starts_at, ends_at, is_active, scoring)
values (%(id)s, %(name)s, %(starts_at)s, %(ends_at)s, %(is_active)s, %(scoring)s)
on conflict (id) do update
    set
        name = excluded.name,
        starts_at = excluded.starts_at,
        ends_at = excluded.ends_at,
        is_active = excluded.is_active,
        scoring = excluded.scoring,
        changed_at = now()
    where %(replace_existing)s
returning id
