-- Records what the facts of a table are made of. Where that was not known before, or is
-- something else now, they are decoded again until decoded_at is set; but nothing was
-- decoded before the first time.
insert into app.chain_decoders as known (table_name, definition, decoded_at)
values (
    %(table)s, %(definition)s, case when %(is_first)s then now() end
)
on conflict (table_name) do update set
    definition = excluded.definition,
    decoded_at = excluded.decoded_at,
    noted_at = now()
