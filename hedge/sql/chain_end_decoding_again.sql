-- Forgets the keys of what was decoded again, and what waits without having been among
-- it.
with
forgotten as (
    delete from app.redecoded_keys
    where table_name = %(table)s
    returning key
),

decoded as (
    update app.chain_decoders set decoded_at = now()
    where table_name = %(table)s
)

delete from raw.pending_facts as pending
where
    pending.table_name = %(table)s
    and pending.key not in (select forgotten.key from forgotten)
