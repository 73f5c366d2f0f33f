-- Records what the facts of a table are made of. Where that was not known before, or is
-- something else now, they are decoded again, and want calls anew; but nothing was
-- decoded before the first time.
with

unwanted as (

    delete from app.chain_wanted_calls
    where table_name = %(table)s

)

insert into app.chain_decoders as known (table_name, definition, is_decoded)
values (
    %(table)s, %(definition)s, %(is_first)s
)
on conflict (table_name) do update set
    definition = excluded.definition,
    is_decoded = excluded.is_decoded
