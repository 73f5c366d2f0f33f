-- depends: 0049-describe-shown-wallets

-- The renames of challenges, tiers and metrics that deploys have carried out, in order.
-- The way back, of an undo or of an edit that takes a rename out, is read from them.
create table app.renames (
    rename_id bigint generated always as identity primary key,
    kind text not null,
    old_name text collate "C" not null,
    new_name text collate "C" not null,
    renamed_at timestamptz not null default clock_timestamp(),
    constraint "a rename is of a challenge, a tier or a metric"
    check (kind in ('challenge', 'tier', 'metric')),
    constraint "a rename gives another name" check (old_name <> new_name)
);

comment on column app.renames.rename_id is 'The rename, in the order of deploys';
comment on column app.renames.kind is 'What was renamed';
comment on column app.renames.old_name is
'The name before: a key, CHALLENGE.TIER or SOURCE.METRIC';
comment on column app.renames.new_name is 'The name after, in the same form';
comment on column app.renames.renamed_at is 'When the deploy went live';
