-- depends: 0061-backups

-- The ends of past days, weeks and months: the progress of a cluster at such an
-- instant, computed on demand by a run of the kind ENDS, with the links and the
-- definitions of that run. An end that is asked for gets a row without progress, and
-- the run fills it (macros/runs/keep_ends.sql).
--
-- What is stored is out of date where something of the cluster has changed since the
-- run began: each change adds one to `changes`, and the run keeps the number that it
-- has begun with. So no clock decides which of the two was first.
create table app.past_ends (
    cluster_id text collate "C" not null
    references app.wallet_clusters on delete cascade,
    ends_at timestamptz not null,
    changes bigint not null default 0,
    computed_changes bigint,
    run_id bigint,
    definitions text,
    progress jsonb,
    primary key (cluster_id, ends_at),
    constraint "an end that was computed has progress, a run and changes" check (
        num_nulls(progress, run_id, computed_changes) in (0, 3)
    ),
    constraint "no more changes are computed than there are" check (
        computed_changes <= changes
    )
);
comment on table app.past_ends is
'The progress of a cluster at ends of past periods, where somebody has asked for it';
comment on column app.past_ends.ends_at is
'The first instant after the period: what happened before it counts';
comment on column app.past_ends.changes is
'How often something that concerns the end has changed';
comment on column app.past_ends.computed_changes is
'The number of changes that the stored progress knows; null before the first run';
comment on column app.past_ends.run_id is
'The run that has computed it, by its id in app.etl_runs; null before the first run';
comment on column app.past_ends.definitions is
'The hash of the definitions by which it was computed';
comment on column app.past_ends.progress is
'By challenge: the value as text, and the tier; null before the first run';

-- Whether an end is stored as a run would compute it now.
create function app.is_end_current(
    changes bigint, computed_changes bigint, definitions text, deployed text
) returns boolean
language sql immutable parallel safe
return coalesce(changes = computed_changes and definitions = deployed, false);

alter table app.etl_requests
drop constraint "kind is CLUSTER, FULL or INCREMENTAL",
add constraint "kind is CLUSTER, ENDS, FULL or INCREMENTAL"
check (kind in ('CLUSTER', 'ENDS', 'FULL', 'INCREMENTAL')),
drop constraint "a request for a cluster names it",
add constraint "a request for a cluster names it" check (
    (kind in ('CLUSTER', 'ENDS')) = (cluster_id is not null)
);
create unique index "the ends of a cluster are requested once"
on app.etl_requests (cluster_id) where kind = 'ENDS';

alter table app.etl_runs
drop constraint "kind is a kind of run",
add constraint "kind is a kind of run" check (
    kind in (
        'DEPLOY', 'FULL', 'INCREMENTAL', 'CLUSTER', 'BOARD', 'SEASON', 'ENDS', 'PARTIAL'
    )
);

create or replace function app.wake_for_requests() returns trigger
language plpgsql
as $$
begin
    if exists (select from new_requests where kind in ('CLUSTER', 'ENDS')) then
        perform app.wake_worker('clusters', 'hedge.worker.serve_clusters');
    end if;
    if exists (
        select from new_requests where kind not in ('CLUSTER', 'ENDS')
    ) then
        perform app.wake_worker('runs', 'hedge.worker.serve_runs');
    end if;
    return null;
end
$$;

-- A cluster for which a run is requested has other links since: of its ends nothing
-- holds, and no run over all changes has to find that out.
create function app.note_ends_of_requests() returns trigger
language plpgsql
as $$
begin
    update app.past_ends as ends
    set changes = ends.changes + 1
    from (
        select locked.cluster_id, locked.ends_at
        from app.past_ends as locked
        where
            locked.cluster_id in (
                select cluster_id from new_requests where kind = 'CLUSTER'
            )
        order by locked.cluster_id, locked.ends_at
        for update
    ) as concerned
    where
        ends.cluster_id = concerned.cluster_id
        and ends.ends_at = concerned.ends_at;
    return null;
end
$$;
create trigger note_ends_of_requests after insert on app.etl_requests
referencing new table as new_requests
for each statement execute function app.note_ends_of_requests();

-- A deleted account leaves nothing: the rows of its ends go with the cluster, and so
-- does what is requested.
create function app.forget_requested_ends() returns trigger
language plpgsql
as $$
begin
    delete from app.etl_requests
    using deleted_clusters
    where
        etl_requests.kind = 'ENDS'
        and etl_requests.cluster_id = deleted_clusters.cluster_id;
    return null;
end
$$;
create trigger forget_requested_ends after delete on app.wallet_clusters
referencing old table as deleted_clusters
for each statement execute function app.forget_requested_ends();
