-- Asks for a preview of a new exclusion or of the end of one, and wakes a worker.
insert into app.exclusion_previews (
    wanted, exclusion_id, asked_by, proposal, caused_by, clusters
)
values (
    %(wanted)s, %(exclusion)s, %(by)s, %(proposal)s, %(caused_by)s, %(clusters)s::text[]
)
returning preview_id
