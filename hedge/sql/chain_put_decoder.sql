-- Records what the facts of a table are made of. Where that was not known before, or is
-- something else now, they are decoded again; but nothing was decoded before the first
-- time.
insert into app.chain_decoders as known (table_name, definition, is_decoded)
values (
    %(table)s, %(definition)s, %(is_first)s
)
on conflict (table_name) do update set
    definition = excluded.definition,
    is_decoded = excluded.is_decoded
