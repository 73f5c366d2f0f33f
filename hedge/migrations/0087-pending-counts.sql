-- depends: 0084-words-of-new-pages

-- How many facts wait for a value, by what they lack. Heroes, vendors and battles may
-- wait for ever, so that nobody may have to read them all in order to count them.
create table app.pending_counts (
    table_name text collate "C" not null,
    chain_id integer not null,
    missing text[] not null,
    -- '' where raw.pending_facts has null
    calls text not null,
    facts bigint not null,
    primary key (table_name, chain_id, missing, calls)
);
comment on table app.pending_counts is
'How many rows raw.pending_facts has, by what they lack; kept by triggers';

create function app.count_pending() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    kinds constant text := 'table_name, chain_id, missing, coalesce(calls, '''')';
    changed text[];
begin
    if tg_op = 'TRUNCATE' then
        delete from app.pending_counts;
        return null;
    end if;
    if tg_op <> 'DELETE' then
        changed := changed || format('select %s, 1 from new_rows', kinds);
    end if;
    if tg_op <> 'INSERT' then
        changed := changed || format('select %s, -1 from old_rows', kinds);
    end if;
    -- in one order, because several processes do so
    execute format(
        'insert into app.pending_counts as kept
            (table_name, chain_id, missing, calls, facts)
        select table_name, chain_id, missing, calls, sum(step)
        from (%s) as changed (table_name, chain_id, missing, calls, step)
        group by table_name, chain_id, missing, calls
        having sum(step) <> 0
        order by table_name, chain_id, missing, calls
        on conflict (table_name, chain_id, missing, calls)
        do update set facts = kept.facts + excluded.facts',
        array_to_string(changed, ' union all ')
    );
    delete from app.pending_counts where facts = 0;
    return null;
end
$$;
revoke execute on function app.count_pending() from public;
create trigger count_inserted after insert on raw.pending_facts
referencing new table as new_rows
for each statement execute function app.count_pending();
create trigger count_updated after update on raw.pending_facts
referencing old table as old_rows new table as new_rows
for each statement execute function app.count_pending();
create trigger count_deleted after delete on raw.pending_facts
referencing old table as old_rows
for each statement execute function app.count_pending();
create trigger count_truncated after truncate on raw.pending_facts
for each statement execute function app.count_pending();
alter table raw.pending_facts enable always trigger count_inserted;
alter table raw.pending_facts enable always trigger count_updated;
alter table raw.pending_facts enable always trigger count_deleted;
alter table raw.pending_facts enable always trigger count_truncated;

insert into app.pending_counts (table_name, chain_id, missing, calls, facts)
select
    table_name,
    chain_id,
    missing,
    coalesce(calls, '') as calls,
    count(*) as facts
from raw.pending_facts
group by table_name, chain_id, missing, coalesce(calls, '');

-- Since when the oldest fact of a kind waits, and up to a block how many do.
create index pending_facts_kinds on raw.pending_facts
(table_name, chain_id, missing, coalesce(calls, ''), since)
include (block_number);

-- The columns of a raw table that neither all of its logs nor a call give, by the
-- seeds: a fact that lacks one waits until a file says it, or until a seed names what a
-- number stands for. '{}' where the seeds are not deployed.
create function app.columns_of_files(raw_table text) returns text[]
language plpgsql stable
as $$
begin
    if
        to_regclass('analytics.chain_fact_columns') is null
        or to_regclass('analytics.chain_calls') is null
    then
        return '{}';
    end if;
    return array(
        select given.column_name::text
        from analytics.chain_fact_columns as given
        where
            given.raw_table = columns_of_files.raw_table
            and not exists (
                select from analytics.chain_calls as calls
                where
                    calls.raw_table = given.raw_table
                    and calls.column_name = given.column_name
            )
        order by 1
    );
end
$$;
comment on function app.columns_of_files(text) is
'The columns of a raw table that neither all of its logs nor a call give';

-- As before (0078-complete-to.sql), but a fact that only a file or a seed completes is
-- not counted as one that waits: as any fact of files it is not in the promise.
create or replace function app.complete_to(tables text[], counted_until timestamptz)
returns jsonb
language plpgsql stable
as $$
declare
    found jsonb;
begin
    if
        not exists (select from app.chain_cursors)
        or to_regclass('analytics.chains') is null
        or to_regclass('analytics.chain_contracts') is null
        or to_regclass('analytics.chain_events') is null
        or to_regclass('analytics.chain_fact_tables') is null
    then
        return '[]';
    end if;
    with

    cursors as (
        select known.*
        from app.chain_cursors as known
        inner join app.chain_followers as followers
            on known.chain_id = followers.chain_id
    ),

    concerned_tables as (
        select seeded.raw_table::text as table_name
        from analytics.chain_fact_tables as seeded
        where
            seeded.given <> 'not'
            and seeded.raw_table = any(coalesce(
                tables,
                array(select facts.table_name from app.metric_source_tables as facts)
            ))
    ),

    contracts as (
        select
            seeded.chain_id,
            decode(substr(lower(seeded.address), 3), 'hex') as address,
            min(coalesce(seeded.from_block, 0))::bigint as from_block,
            case
                when bool_and(seeded.to_block is not null) then max(seeded.to_block)
            end::bigint as to_block
        from analytics.chain_contracts as seeded
        where seeded.contract in (
            select events.contract
            from analytics.chain_events as events
            cross join unnest(string_to_array(events.raw_tables, ' ')) as given (name)
            inner join concerned_tables on given.name = concerned_tables.table_name
        )
        group by seeded.chain_id, lower(seeded.address)
    ),

    holes as (
        select
            cursors.chain_id,
            lower(holes.hole) as from_block
        from cursors
        inner join contracts on cursors.chain_id = contracts.chain_id
        left join app.chain_coverage as coverage
            on
                contracts.chain_id = coverage.chain_id
                and contracts.address = coverage.address
        cross join lateral unnest(
            int8multirange(int8range(
                contracts.from_block,
                greatest(
                    contracts.from_block,
                    least(contracts.to_block, cursors.block_number) + 1
                )
            )) - coalesce(coverage.covered, '{}')
        ) as holes (hole)
        union all
        select
            spans.chain_id,
            spans.from_block
        from app.undecoded_spans as spans
        where
            spans.table_name is null
            or spans.table_name in (select one.table_name from concerned_tables as one)
    ),

    ends as (
        select
            cursors.chain_id,
            cursors.block_number as followed_to,
            cursors.block_time <= counted_until as is_past,
            least(cursors.block_number, min(holes.from_block) - 1) as block_number
        from cursors
        left join holes on cursors.chain_id = holes.chain_id
        where cursors.chain_id in (select contracts.chain_id from contracts)
        group by cursors.chain_id, cursors.block_number, cursors.block_time
    ),

    -- Blocks later than the instant end the list, too: of those that are stored, the
    -- newest one before it.
    dated as (
        select
            ends.chain_id,
            ends.followed_to,
            newest.block_time,
            case
                when ends.block_number < 0 then null
                when ends.is_past then ends.block_number
                else newest.block_number
            end as block_number
        from ends
        left join lateral (
            select
                blocks.block_number,
                blocks.block_time
            from raw.chain_blocks as blocks
            where
                blocks.chain_id = ends.chain_id
                and blocks.block_number <= ends.block_number
                and blocks.removed_at is null
                and blocks.block_time <= counted_until
            order by blocks.block_number desc
            limit 1
        ) as newest on true
    )

    select
        coalesce(
            jsonb_agg(
                jsonb_build_object(
                    'chain_id', dated.chain_id,
                    'chain', coalesce(seeded.name, 'chain ' || dated.chain_id),
                    'block_number', dated.block_number,
                    'block_time', to_char(
                        dated.block_time at time zone 'UTC',
                        'YYYY-MM-DD"T"HH24:MI:SS"Z"'
                    ),
                    'uncounted', (
                        select coalesce(sum(waiting.number), 0)
                        from app.pending_counts as kinds
                        cross join lateral (
                            select count(*) as number
                            from raw.pending_facts as pending
                            where
                                pending.table_name = kinds.table_name
                                and pending.chain_id = kinds.chain_id
                                and pending.missing = kinds.missing
                                and coalesce(pending.calls, '') = kinds.calls
                                and pending.block_number
                                <= coalesce(dated.block_number, dated.followed_to)
                        ) as waiting
                        where
                            kinds.chain_id = dated.chain_id
                            and kinds.table_name in (
                                select one.table_name from concerned_tables as one
                            )
                            and not kinds.missing
                            && app.columns_of_files(kinds.table_name)
                    ) + (
                        select coalesce(sum(malformed.number_of_logs), 0)
                        from raw.undecoded_logs as malformed
                        where
                            malformed.reason = 'malformed data'
                            and malformed.chain_id = dated.chain_id
                            and malformed.block_number
                            <= coalesce(dated.block_number, dated.followed_to)
                            and malformed.address in (
                                select contracts.address from contracts
                                where contracts.chain_id = dated.chain_id
                            )
                    )
                )
                order by dated.chain_id
            ),
            '[]'
        ) into found
    from dated
    left join analytics.chains as seeded on dated.chain_id = seeded.chain_id;
    return found;
end
$$;

-- The same for boards, each by the raw tables that it reads: the chains are asked once
-- for each list of tables. As before (app.complete_to_of_board), a board of season
-- points or of total scores is complete to no later block than they are.
drop function app.complete_to_of_board(text, timestamptz);
create function app.complete_to_of_boards(
    leaderboards text[], counted_until timestamptz
)
returns table (leaderboard_key text, chains jsonb)
language sql stable
as $$
with

read_tables as (
    select
        boards.leaderboard_key,
        array(
            select distinct facts.table_name
            from app.board_ordering_keys as ranked_by
            inner join app.metric_source_tables as facts
                on ranked_by.metric_source = facts.metric_source
            where ranked_by.leaderboard_key = boards.leaderboard_key
            order by facts.table_name
        ) as tables
    from (select distinct unnest(leaderboards)) as boards (leaderboard_key)
),

of_tables as materialized (
    select
        lists.tables,
        app.complete_to(lists.tables, counted_until) as chains
    from (select distinct read_tables.tables from read_tables) as lists
)

select
    read_tables.leaderboard_key,
    (
        select coalesce(jsonb_agg(earliest.entry order by own.place), '[]')
        from
            jsonb_array_elements(of_tables.chains)
            with ordinality as own (entry, place)
        cross join lateral (
            select possible.entry
            from (
                select own.entry
                union all
                select coalesce(
                    of_mart.entry,
                    own.entry || '{"block_number": null, "block_time": null}'
                )
                from app.board_ordering_keys as ranked_by
                left join app.completeness as known
                    on
                        known.season_id is not distinct from case
                            ranked_by.metric_source
                            when 'season_progress' then ranked_by.metric_key
                        end
                left join lateral jsonb_array_elements(known.chains) as of_mart (entry)
                    on of_mart.entry -> 'chain_id' = own.entry -> 'chain_id'
                where
                    ranked_by.leaderboard_key = read_tables.leaderboard_key
                    and ranked_by.metric_source
                    in ('season_progress', 'challenge_progress')
            ) as possible
            order by (possible.entry ->> 'block_number')::bigint asc nulls first
            limit 1
        ) as earliest
    ) as chains
from read_tables
inner join of_tables on read_tables.tables = of_tables.tables
$$;
comment on function app.complete_to_of_boards(text[], timestamptz) is
'Up to which block of each followed chain the facts are there that boards rest on';
