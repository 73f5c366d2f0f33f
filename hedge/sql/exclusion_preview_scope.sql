-- Marks the change notes that this transaction has written, for the query of the
-- clusters that they concern; whether one of them concerns every cluster.
with

noted as (

    update app.change_notes as notes
    set taken_by = %(name)s
    where notes.xmin = pg_current_xact_id()::xid
    returning notes.kind

)

select coalesce(bool_or(noted.kind = 'everything'), false) as is_every_cluster
from noted
