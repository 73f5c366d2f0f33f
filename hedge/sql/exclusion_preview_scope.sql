-- The clusters whose values an exclusion can move, by the change notes that this
-- transaction has written; null where it can move those of every cluster.
with

noted as (

    update app.change_notes as notes
    set taken_by = %(name)s
    where notes.xmin = pg_current_xact_id()::xid
    returning notes.kind

)

select coalesce(bool_or(noted.kind = 'everything'), false) as is_every_cluster
from noted
