-- depends: 0070-chain-logs

-- Facts that are decoded from logs, beside those that files and other programs give.

-- The tables that logs feed say of each fact whether a log of it is known.
do $$
declare
    facts text;
begin
    foreach facts in array array[
        'hero_summons', 'heroes', 'hunting_drops', 'hunting_encounters',
        'influence_predictions', 'jeweler_events', 'lp_harvest_events',
        'lp_stake_events', 'metis_battles', 'metis_patrol_events', 'pets',
        'pvp_matches', 'quest_completions', 'shell_events', 'shell_raffle_entries',
        'shell_raffle_results', 'tournament_matches', 'vendor_transactions'
    ] loop
        execute format('alter table raw.%I add column decoded_at timestamptz', facts);
        execute format(
            'comment on column raw.%I.decoded_at is %L', facts,
            'When the fact was decoded from logs; null where no log of it is known'
        );
    end loop;
end
$$;

-- As before (0013-change-notes.sql), and decoded_at is no time of a fact either.
create or replace function app.times_of(facts regclass) returns text[]
language sql stable
as $$
    select array_agg(
        format(
            case atttypid
                when 'date'::regtype then '(%I::timestamp at time zone ''UTC'')'
                else '%I'
            end,
            attname
        )
        order by attnum
    )
    from pg_attribute
    where
        attrelid = facts
        and attnum > 0
        and not attisdropped
        and atttypid in ('timestamptz'::regtype, 'date'::regtype)
        and attname not in ('loaded_at', 'decoded_at')
$$;

-- Versions of heroes and pets are compared without decoded_at, and a left-out version,
-- which was in a file, becomes a row without it (0019-left-out-versions.sql).
do $$
declare
    changed text;
    trigger_function regprocedure;
begin
    foreach trigger_function in array array[
        'app.keep_left_out_heroes()', 'app.keep_left_out_pets()'
    ]::regprocedure[] loop
        changed := pg_get_functiondef(trigger_function);
        changed := replace(
            changed, '{updated_at, loaded_at}', '{updated_at, loaded_at, decoded_at}'
        );
        changed := replace(
            changed, '''loaded_at'', now()', '''loaded_at'', now(), ''decoded_at'', null'
        );
        execute changed;
    end loop;
end
$$;

-- What files, and programs that write raw tables, say of facts of which logs are known
-- as well. The values of the logs are stored, and what logs do not give is that of the
-- files. Where the last log of a fact goes, the values of the files come back.
create table raw.facts_of_files (
    table_name text collate "C" not null,
    key jsonb not null,
    -- null where the logs give the same
    fact jsonb,
    -- what the logs give; null where that is what is stored
    fact_of_logs jsonb,
    -- the columns for which both have a value, and not the same one
    differing text[] not null default '{}',
    -- null where the fact was stored before its log was known
    file text,
    -- the block of the logs; null where the file came after them
    chain_id integer,
    block_number bigint,
    loaded_at timestamptz not null default now(),
    primary key (table_name, key)
);
create index on raw.facts_of_files (table_name) where differing <> '{}';

-- What logs say of facts that lack a value which the contract requires, until a file or
-- a call supplies it, and of those with a value that the contract does not admit.
create table raw.pending_facts (
    table_name text collate "C" not null,
    key jsonb not null,
    fact jsonb not null,
    -- the required columns without a value
    missing text[] not null,
    -- why values of the logs were not taken; null where all were
    faults text,
    chain_id integer not null,
    block_number bigint not null,
    since timestamptz not null default now(),
    primary key (table_name, key)
);

-- Logs of known contracts that no decoder takes: how many, by block, address and topic.
create table raw.undecoded_logs (
    chain_id integer not null,
    block_number bigint not null,
    contract text collate "C" not null,
    address bytea not null,
    topic0 bytea,
    reason text not null,
    number_of_logs bigint not null,
    constraint "reason is unknown event or malformed data"
    check (reason in ('unknown event', 'malformed data'))
);
create index on raw.undecoded_logs (chain_id, block_number);

-- What contracts answered to the calls that the seed chain_calls names.
create table raw.chain_call_results (
    chain_id integer not null,
    contract text collate "C" not null,
    -- the signature of the function
    called_function text collate "C" not null,
    argument numeric(78) not null,
    -- null where the contract refused the call
    result numeric(78),
    called_at timestamptz not null default now(),
    primary key (chain_id, contract, called_function, argument)
);

-- A span concerns all tables, or only one, whose views were changed by a deploy.
alter table app.undecoded_spans add column table_name text collate "C";
create index on app.undecoded_spans (chain_id, from_block);

-- The tables of facts that logs feed, with the hash of what their facts are made of.
create table app.chain_decoders (
    table_name text collate "C" primary key,
    -- the views, functions and seeds that the facts are made of, when they were decoded
    definition text not null,
    -- null while everything is decoded again, because the definition has changed
    decoded_at timestamptz,
    noted_at timestamptz not null default now()
);
-- The definitions of the project that were compared last.
create table app.compared_decoders (
    one boolean primary key default true check (one),
    definitions text not null
);
-- The facts that were found since then. When everything is decoded, the facts of the
-- logs that are not among them go.
create table app.redecoded_keys (
    table_name text collate "C" not null,
    key jsonb not null,
    primary key (table_name, key)
);

-- A hash of all rows of a table, in any order.
create function app.hash_of_rows(relation regclass) returns text
language plpgsql stable
as $$
declare
    found text;
begin
    execute format(
        'select md5(string_agg(one::text, E''\n'' order by one::text)) from %s as one',
        relation
    ) into found;
    return found;
end
$$;

-- A result completes facts that wait for it: their logs are decoded again.
create function app.note_called() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    insert into app.undecoded_spans (chain_id, from_block, to_block, table_name)
    select distinct
        pending.chain_id, pending.block_number, pending.block_number,
        pending.table_name
    from raw.pending_facts as pending
    inner join new_results
        on
            new_results.chain_id = pending.chain_id
            and exists (
                select from jsonb_each_text(pending.fact) as value_of
                where value_of.value = new_results.argument::text
            );
    return null;
end
$$;
revoke execute on function app.note_called() from public;
create trigger note_new_results after insert on raw.chain_call_results
referencing new table as new_results
for each statement execute function app.note_called();
create trigger note_changed_results after update on raw.chain_call_results
referencing new table as new_results
for each statement execute function app.note_called();
alter table raw.chain_call_results enable always trigger note_new_results;
alter table raw.chain_call_results enable always trigger note_changed_results;

-- The generation of a summoned hero is that of its parents and one more: where it becomes
-- known of a parent, the logs by which its children were summoned are decoded again.
create function app.note_children() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    if not exists (
        select from app.chain_decoders where table_name = 'hero_summons'
    ) then
        return null;
    end if;
    insert into app.undecoded_spans (chain_id, from_block, to_block, table_name)
    select distinct
        children.chain_id, children.block_number, children.block_number,
        'hero_summons'
    from new_rows as parents
    cross join lateral (
        select * from raw.hero_summons as summons
        where summons.summoner_id = parents.hero_id
        union all
        select * from raw.hero_summons as summons
        where summons.assistant_id = parents.hero_id
    ) as children
    where
        children.decoded_at is not null
        and children.block_number is not null
        and children.hero_id <> parents.hero_id
        and parents.generation is not null
        and (
            children.generation is null or children.generation <= parents.generation
        );
    return null;
end
$$;
revoke execute on function app.note_children() from public;
create trigger note_children_of_inserted after insert on raw.hero_summons
referencing new table as new_rows
for each statement execute function app.note_children();
create trigger note_children_of_updated after update on raw.hero_summons
referencing new table as new_rows
for each statement execute function app.note_children();
create trigger note_children_of_inserted after insert on raw.heroes
referencing new table as new_rows
for each statement execute function app.note_children();
create trigger note_children_of_updated after update on raw.heroes
referencing new table as new_rows
for each statement execute function app.note_children();
alter table raw.hero_summons enable always trigger note_children_of_inserted;
alter table raw.hero_summons enable always trigger note_children_of_updated;
alter table raw.heroes enable always trigger note_children_of_inserted;
alter table raw.heroes enable always trigger note_children_of_updated;

-- As before (0070-chain-logs.sql), without the tables above.
create or replace view app.fact_tables as
select
    relations.relname as table_name,
    relations.oid as table_id
from pg_class as relations
where
    relations.relnamespace = 'raw'::regnamespace
    and relations.relkind in ('r', 'p')
    and not relations.relispartition
    and relations.relname not like 'chain\_%'
    and relations.relname not in (
        'rejected_rows', 'removed_facts', 'left_out_heroes', 'left_out_pets',
        'facts_of_files', 'pending_facts', 'undecoded_logs'
    );
