-- depends: 0112-known-until

-- The exclusion that a session computes with as if it were stored: that of its
-- setting hedge.previewed_exclusion, the JSON of a row; none where it is not set. A
-- preview sets it in the sessions that compute its scratch schemas, so that nothing
-- live changes.
create function app.previewed_exclusion() returns setof app.exclusions
language sql stable parallel safe
as $$
    select previewed.*
    from (
        select nullif(current_setting('hedge.previewed_exclusion', true), '')::jsonb
            as described
    ) as given
    cross join lateral
        jsonb_populate_record(null::app.exclusions, given.described) as previewed
    where given.described is not null
$$;
comment on function app.previewed_exclusion() is
'The exclusion that a preview computes with, in place of the stored one of its number';

create or replace view app.valid_exclusions as
with known as (
    select exclusions.*
    from app.exclusions
    where
        exclusions.exclusion_id not in (
            select previewed.exclusion_id from app.previewed_exclusion() as previewed
        )
    union all
    select previewed.*
    from app.previewed_exclusion() as previewed
)

select
    exclusion_id,
    wallet_address,
    raw_table,
    fact,
    metric_source,
    metric_key,
    board_key,
    season_id,
    reason,
    starts_at,
    ends_at,
    created_at,
    created_by,
    ended_at,
    app.remaining_cluster(cluster_id) collate "C" as cluster_id
from known
where
    starts_at <= app.as_of()
    and app.as_of() < least(ends_at, coalesce(ended_at, 'infinity'));

-- The previews that admins have asked for. A worker computes them; each is kept for a
-- day, and longer where no other is asked for.
create table app.exclusion_previews (
    preview_id bigint generated always as identity primary key,
    wanted jsonb,
    exclusion_id bigint references app.exclusions on delete cascade,
    asked_at timestamptz not null default now(),
    asked_by text not null,
    proposal text,
    caused_by text,
    finished_at timestamptz,
    answer jsonb,
    error text,
    constraint "a preview is of a new exclusion or of the end of one"
    check (num_nonnulls(wanted, exclusion_id) = 1),
    constraint "a finished preview has an answer or an error"
    check (
        num_nonnulls(answer, error)
        = case when finished_at is null then 0 else 1 end
    )
);
create index on app.exclusion_previews (exclusion_id);
create index on app.exclusion_previews (asked_at) where finished_at is null;

create function app.wake_for_previews() returns trigger
language plpgsql
as $$
begin
    delete from app.exclusion_previews
    where asked_at < now() - interval '24 hours';
    perform app.wake_worker('runs', 'hedge.worker.serve_previews');
    return null;
end
$$;
create trigger wake_for_previews after insert on app.exclusion_previews
for each statement execute function app.wake_for_previews();

-- The answers name clusters: with an account all of them go, because they can be asked
-- for again.
create function app.forget_previews() returns trigger
language plpgsql
as $$
begin
    delete from app.exclusion_previews;
    return null;
end
$$;
create trigger forget_previews after delete on app.wallet_clusters
for each statement execute function app.forget_previews();

comment on table app.exclusion_previews is
'Previews of exclusions that admins have asked for, kept for a day';
comment on column app.exclusion_previews.preview_id is 'The preview';
comment on column app.exclusion_previews.wanted is
'The exclusion that would be made, by the fields of the command; null where one ends';
comment on column app.exclusion_previews.exclusion_id is
'The exclusion that would be ended; null where one would be made';
comment on column app.exclusion_previews.asked_at is 'When it was asked for';
comment on column app.exclusion_previews.asked_by is 'Who has asked for it';
comment on column app.exclusion_previews.proposal is
'The proposal of a suspect that it is about; null where it is of no rule';
comment on column app.exclusion_previews.caused_by is
'The id of the request of the API that has asked for it';
comment on column app.exclusion_previews.finished_at is
'When a worker was done with it; null before';
comment on column app.exclusion_previews.answer is 'Who would move, and how';
comment on column app.exclusion_previews.error is
'Why it cannot be computed, in one sentence';
