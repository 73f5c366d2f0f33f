-- depends: 0114-suspects

-- Who changed what of boards, seasons, weights, reward definitions and challenges, when
-- and by what. The tables that admins write are watched by triggers, so that whoever
-- writes there is noted; challenges change with deploys, which note them.
create table app.definition_changes (
    change_id bigint generated always as identity primary key,
    kind text not null,
    -- the board, the season or the challenge
    key text collate "C" not null,
    -- of a weight its challenge, and of a reward its key
    part text collate "C",
    operation text not null,
    -- the fields that differ, or all of what was added or removed
    old_values jsonb not null default '{}',
    new_values jsonb not null default '{}',
    changed_at timestamptz not null default clock_timestamp(),
    changed_by text not null,
    -- the request of the API, or the deploy in the run ledger
    caused_by text,
    run_id bigint,
    constraint "the kind of a definition is known" check (
        kind in ('board', 'season', 'weight', 'reward', 'challenge')
    ),
    constraint "a definition is added, changed or removed" check (
        operation in ('added', 'changed', 'removed')
    )
);
create index on app.definition_changes (key, change_id);
comment on table app.definition_changes is
'Who changed what of boards, seasons, weights, rewards and challenges, and when';
comment on column app.definition_changes.change_id is 'The change, in their order';
comment on column app.definition_changes.kind is
'What was changed: a board, season, weight, reward or challenge';
comment on column app.definition_changes.key is 'The board, season or challenge';
comment on column app.definition_changes.part is
'The challenge of a weight, the key of a reward; null for others';
comment on column app.definition_changes.operation is 'added, changed or removed';
comment on column app.definition_changes.old_values is 'The fields that differ, before';
comment on column app.definition_changes.new_values is 'The fields that differ, after';
comment on column app.definition_changes.changed_at is 'When it was changed';
comment on column app.definition_changes.changed_by is
'Who changed it: an admin, a command, a deploy, or a role of the database';
comment on column app.definition_changes.caused_by is 'The request of the API';
comment on column app.definition_changes.run_id is 'The deploy in the run ledger';

create function app.keep_definition_changes() returns trigger
language plpgsql
as $$
begin
    raise exception 'change % of a definition is history and stays', old.change_id
        using errcode = 'restrict_violation';
end
$$;
create trigger keep_definition_changes before update or delete on app.definition_changes
for each row execute function app.keep_definition_changes();

-- Who changes definitions in this transaction: what hedge.actor says, else the role.
create function app.actor() returns text
language sql stable
return coalesce(
    nullif(current_setting('hedge.actor', true), ''), 'role ' || session_user
);

-- Notes a change of a row. The arguments of the trigger are the kind, the column of the
-- key and, where there is one, that of the part.
create function app.note_definition() returns trigger
language plpgsql
as $$
declare
    was jsonb := case
        when tg_op <> 'INSERT' then to_jsonb(old) - '{created_at,changed_at}'::text[]
        else '{}'
    end;
    becomes jsonb := case
        when tg_op <> 'DELETE' then to_jsonb(new) - '{created_at,changed_at}'::text[]
        else '{}'
    end;
    named jsonb := case when tg_op = 'DELETE' then was else becomes end;
begin
    if was = becomes then
        return null;
    end if;
    insert into app.definition_changes
        (kind, key, part, operation, old_values, new_values, changed_by, caused_by)
    select
        tg_argv[0],
        named ->> tg_argv[1],
        named ->> tg_argv[2],
        case tg_op
            when 'INSERT' then 'added' when 'DELETE' then 'removed' else 'changed'
        end,
        coalesce(jsonb_object_agg(fields.name, was -> fields.name)
            filter (where was ? fields.name), '{}'),
        coalesce(jsonb_object_agg(fields.name, becomes -> fields.name)
            filter (where becomes ? fields.name), '{}'),
        app.actor(),
        nullif(current_setting('hedge.request_id', true), '')
    from jsonb_object_keys(was || becomes) as fields (name)
    where was -> fields.name is distinct from becomes -> fields.name;
    return null;
end
$$;
create trigger note_definition after insert or update or delete
on app.leaderboard_defs
for each row execute function app.note_definition('board', 'key');
create trigger note_definition after insert or update or delete on app.seasons
for each row execute function app.note_definition('season', 'id');
create trigger note_definition after insert or update or delete
on app.season_challenge_weights
for each row
execute function app.note_definition('weight', 'season_id', 'challenge_code');
create trigger note_definition after insert or update or delete
on app.reward_definitions
for each row execute function app.note_definition('reward', 'season_id', 'reward_key');

-- The challenges that are live, with their ladders, as one JSON object by key; an empty
-- one before the first deploy.
create function app.challenge_definitions() returns jsonb
language plpgsql stable
as $$
begin
    if
        to_regclass('analytics.challenges') is null
        or to_regclass('analytics.challenge_tiers') is null
    then
        return '{}';
    end if;
    return coalesce((
        select
            jsonb_object_agg(
                challenges.key,
                to_jsonb(challenges) - 'key' || jsonb_build_object(
                    'tiers', (
                        select
                            coalesce(
                                jsonb_object_agg(
                                    tiers.tier_code,
                                    to_jsonb(tiers) - '{challenge_key,tier_code}'::text[]
                                ),
                                '{}'
                            )
                        from analytics.challenge_tiers as tiers
                        where tiers.challenge_key = challenges.key
                    )
                )
            )
        from analytics.challenges
    ), '{}');
end
$$;
comment on function app.challenge_definitions() is
'The challenges that are live, with their ladders, by key';
