-- depends: 0075-logs-of-facts

-- Up to which block of each followed chain numbers are complete: every log of the
-- contracts concerned up to that block was fetched and decoded when the run began that
-- computed them. A run stores what it found; nobody asks the cursor later.

-- The entries of a list: chain_id, chain (its name), block_number and block_time (null
-- where not even the first logs are known; the time is that of the newest block that is
-- stored up to there), uncounted (how many facts up to there wait for a value, and
-- logs that do not decode).

alter table app.etl_runs add column complete_to jsonb not null default '[]';
comment on column app.etl_runs.complete_to is
'Up to which block of each followed chain all facts were there when the run began';
alter table app.leaderboard_runs
add column complete_to jsonb not null default '[]';
comment on column app.leaderboard_runs.complete_to is
'Up to which block of each followed chain the facts were there that the board rests on';

-- Of what is computed again and again: the progress of all clusters, and seasons.
create table app.completeness (
    season_id text collate "C"
    references app.seasons on delete cascade on update cascade,
    run_id bigint not null,
    chains jsonb not null,
    constraint "progress and each season are complete to one list"
    unique nulls not distinct (season_id)
);
comment on table app.completeness is
'Up to which block of each followed chain progress and seasons are complete';
comment on column app.completeness.season_id is
'The season; null for the progress of all clusters';
comment on column app.completeness.run_id is
'The last run that computed it for every cluster whose facts had changed';
comment on column app.completeness.chains is 'What app.complete_to found before';

-- Where the search for malformed logs looks, and /metrics for the kinds of logs.
create index undecoded_logs_malformed on raw.undecoded_logs (chain_id, address)
where reason = 'malformed data';
create index undecoded_logs_kinds on raw.undecoded_logs
(chain_id, contract, reason, coalesce(topic0, ''), block_number);

-- Up to which block of each chain that is followed all is known of the contracts that
-- give facts to some raw tables (null: all that metrics read), by what is committed
-- now. Facts later than `counted_until` do not count, nor do their blocks.
--
-- A contract of the seed of which a block lacks, up to the cursor, ends the list before
-- that block; so does a block whose logs are not decoded.
create function app.complete_to(tables text[], counted_until timestamptz)
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
                        select count(*) from raw.pending_facts as pending
                        where
                            pending.chain_id = dated.chain_id
                            and pending.block_number
                            <= coalesce(dated.block_number, dated.followed_to)
                            and pending.table_name in (
                                select one.table_name from concerned_tables as one
                            )
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

-- The same for the raw tables that a board reads. A board of season points or of total
-- scores ranks what an earlier run has computed, so that it is complete to no later
-- block than they are.
create function app.complete_to_of_board(leaderboard text, counted_until timestamptz)
returns jsonb
language plpgsql stable
as $$
declare
    of_facts jsonb := app.complete_to(
        array(
            select facts.table_name
            from app.board_ordering_keys as ranked_by
            inner join app.metric_source_tables as facts
                on ranked_by.metric_source = facts.metric_source
            where ranked_by.leaderboard_key = leaderboard
        ),
        counted_until
    );
begin
    return (
        select coalesce(jsonb_agg(earliest.entry order by own.place), '[]')
        from jsonb_array_elements(of_facts) with ordinality as own (entry, place)
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
                    ranked_by.leaderboard_key = leaderboard
                    and ranked_by.metric_source
                    in ('season_progress', 'challenge_progress')
            ) as possible
            order by (possible.entry ->> 'block_number')::bigint asc nulls first
            limit 1
        ) as earliest
    );
end
$$;

-- As before (0018-stale-boards.sql), with what the run is complete to.
create or replace view app.latest_board_runs as
select -- noqa: ST06
    defs.key as leaderboard_key,
    runs.id,
    runs.period_start,
    runs.period_end,
    runs.as_of,
    runs.row_count,
    runs.finished_at,
    runs.stale_since,
    app.is_final(
        runs.period_end, runs.as_of, defs.corrected_for_days, defs.is_frozen, now()
    ) as is_final,
    runs.complete_to
from app.leaderboard_defs as defs
cross join lateral (
    select
        complete.id,
        complete.period_start,
        complete.period_end,
        complete.as_of,
        complete.row_count,
        complete.finished_at,
        complete.stale_since,
        complete.complete_to
    from app.leaderboard_runs as complete
    where complete.leaderboard_key = defs.key and complete.status = 'COMPLETE'
    order by complete.period_end desc, complete.as_of desc, complete.id desc
    limit 1
) as runs;
