-- depends: 0113-previewed-exclusions

-- What the rules that find suspects propose, and what admins have decided. A rule is a
-- view of the live schema whose name begins with suspects_of_ (models/suspects);
-- nothing else has to be told of it. Runs do not read these views.

-- The rules, by the names of their views without the beginning.
create view app.suspect_rules as
select
    relations.oid as relation_id,
    substr(relations.relname, length('suspects_of_') + 1) as rule -- noqa: RF04
from pg_class as relations
where
    relations.relnamespace = to_regnamespace('analytics')
    and relations.relkind = 'v'
    and relations.relname like 'suspects\_of\_%';

-- What the rules propose now, of one rule or of all. `proposal` names a proposal: the
-- same rule and the same clusters have the same one.
create function app.suspects(only_rule text default null)
returns table (
    proposal text,
    rule text,
    cluster_ids text[],
    metric text,
    facts bigint,
    first_at timestamptz,
    last_at timestamptz,
    reason text,
    details jsonb
)
language plpgsql stable
as $$
declare
    found_rule app.suspect_rules;
begin
    for found_rule in
        select rules.* from app.suspect_rules as rules
        where coalesce(rules.rule = only_rule, true)
        order by rules.rule
    loop
        return query execute format(
            'select left(md5(%2$L || array_to_string(found.cluster_ids, chr(10), chr(9))'
            '), 12), %2$L::text, found.cluster_ids::text[], found.metric::text,'
            ' found.facts::bigint, found.first_at, found.last_at, found.reason::text,'
            ' found.details from %1$s as found',
            found_rule.relation_id::regclass, found_rule.rule
        );
    end loop;
end
$$;
comment on function app.suspects(text) is
'What the rules that find suspects propose now, of one rule or of all';

create table app.suspect_decisions (
    decision_id bigint generated always as identity primary key,
    proposal text not null,
    rule text not null, -- noqa: RF04
    cluster_ids text[] not null,
    facts bigint not null,
    last_at timestamptz not null,
    found_reason text not null,
    decision text not null,
    exclusion_ids bigint[] not null default '{}',
    reason text not null,
    decided_at timestamptz not null default now(),
    decided_by text not null,
    constraint "a decision is ACCEPTED or DISMISSED"
    check (decision in ('ACCEPTED', 'DISMISSED')),
    constraint "what is accepted makes exclusions"
    check ((decision = 'ACCEPTED') = (cardinality(exclusion_ids) > 0)),
    constraint "the reason of a decision is 1 to 500 characters"
    check (length(btrim(reason)) between 1 and 500),
    constraint "a decision says by whom" check (btrim(decided_by) <> '')
);
create index on app.suspect_decisions (proposal, decision_id);

-- The proposals that wait for a decision: those of which nothing was decided, or which
-- rest on new facts since, and no exclusion of the decision before is valid or planned.
create function app.open_suspects(only_rule text default null)
returns table (
    proposal text,
    rule text,
    cluster_ids text[],
    metric text,
    facts bigint,
    first_at timestamptz,
    last_at timestamptz,
    reason text,
    details jsonb,
    dismissed_at timestamptz,
    dismissed_because text
)
language sql stable
as $$
    select
        found.*,
        decided.decided_at,
        decided.reason
    from app.suspects(only_rule) as found
    left join lateral (
        select known.*
        from app.suspect_decisions as known
        where known.proposal = found.proposal
        order by known.decision_id desc
        limit 1
    ) as decided on true
    where
        decided.decision_id is null
        or (
            (found.last_at > decided.last_at or found.facts > decided.facts)
            and not exists (
                select from app.exclusions
                where
                    exclusions.exclusion_id = any(decided.exclusion_ids)
                    and now() < least(
                        exclusions.ends_at, coalesce(exclusions.ended_at, 'infinity')
                    )
            )
        )
    order by found.facts desc, found.proposal
$$;
comment on function app.open_suspects(text) is
'The proposals of suspects that wait for a decision, the most facts first';

-- What was decided about a cluster goes with its account.
create function app.forget_suspects() returns trigger
language plpgsql
as $$
begin
    delete from app.suspect_decisions where old.cluster_id = any(cluster_ids);
    return null;
end
$$;
create trigger forget_suspects after delete on app.wallet_clusters
for each row execute function app.forget_suspects();

comment on view app.suspect_rules is
'The rules that find suspects: the views suspects_of_ of the live schema';
comment on table app.suspect_decisions is
'What admins have decided about proposals of suspects';
comment on column app.suspect_decisions.decision_id is 'The decision';
comment on column app.suspect_decisions.proposal is
'The proposal, by its rule and its clusters';
comment on column app.suspect_decisions.rule is 'The rule that has proposed it';
comment on column app.suspect_decisions.cluster_ids is 'The clusters that it proposed';
comment on column app.suspect_decisions.facts is
'How many facts it rested on: more of them are new facts';
comment on column app.suspect_decisions.last_at is
'When the last of these facts happened: a later one is a new fact';
comment on column app.suspect_decisions.found_reason is 'What the rule said';
comment on column app.suspect_decisions.decision is
'ACCEPTED, which made exclusions, or DISMISSED';
comment on column app.suspect_decisions.exclusion_ids is
'The exclusions that it made';
comment on column app.suspect_decisions.reason is
'Why: of the exclusions, or of the dismissal';
comment on column app.suspect_decisions.decided_at is 'When it was decided';
comment on column app.suspect_decisions.decided_by is 'Who has decided';
