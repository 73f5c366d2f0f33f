-- depends: 0084-words-of-new-pages

-- As before (0083-logs-of-versions.sql), but only the logs up to the instant of a fact,
-- which later ones do not state; of the chain of its realm, where a fact names a realm
-- in place of a chain, because two chains count their matches from 1; and of a version,
-- with what is carried over from earlier: the last log of each other event that says
-- its state, such as the one by which a hero was summoned.
create or replace function app.logs_of_fact(
    raw_table text, fact jsonb, occurred_at timestamptz
)
returns table (
    chain_id integer,
    block_number bigint,
    block_hash bytea,
    tx_hash bytea,
    log_index integer,
    is_named boolean
)
-- who may read what facts rest on may know of their logs
language plpgsql stable rows 2 security definer
set search_path to pg_catalog, pg_temp
as $$
declare
    object_columns text[];
    fact_chain integer := (fact ->> 'chain_id')::integer;
    named_tx bytea := decode(substr(fact ->> 'tx_hash', 3), 'hex');
    named_index integer := (fact ->> 'log_index')::integer;
    first_of_key text;
    object_word bytea;
begin
    if fact is null then
        return;
    end if;
    select string_to_array(fed.object, '|') into object_columns
    from analytics.chain_fact_tables as fed
    where fed.raw_table = logs_of_fact.raw_table;

    if object_columns is null and named_tx is not null then
        return query
        select
            logs.chain_id, logs.block_number, logs.block_hash, logs.tx_hash,
            logs.log_index, true
        from raw.chain_logs as logs
        where
            logs.tx_hash = named_tx
            and logs.log_index = named_index
            and logs.chain_id = coalesce(fact_chain, logs.chain_id)
            and logs.removed_at is null;
        return;
    end if;

    -- the last column of an object is the first indexed parameter of its logs
    if object_columns is not null then
        if 'realm' = any(object_columns) then
            -- as JSON, because the seed lacks the column until the next deploy
            select chains.chain_id into fact_chain
            from analytics.chains as chains
            where to_jsonb(chains) ->> 'realm' = fact ->> 'realm';
        end if;
        return query
        select
            logs.chain_id, logs.block_number, logs.block_hash, logs.tx_hash,
            logs.log_index,
            coalesce((logs.tx_hash, logs.log_index) = (named_tx, named_index), false)
        from raw.chain_logs as logs
        where
            logs.topic1
            = app.log_word(fact ->> object_columns[cardinality(object_columns)])
            and logs.chain_id = coalesce(fact_chain, logs.chain_id)
            and logs.removed_at is null
            and app.is_log_for(
                logs_of_fact.raw_table, logs.chain_id, logs.address, logs.topic0
            )
            and (
                logs_of_fact.occurred_at is null
                or app.time_of_log(logs) <= logs_of_fact.occurred_at
            );
        return;
    end if;

    select attributes.attname into first_of_key
    from pg_index as keys
    inner join pg_attribute as attributes
        on
            keys.indrelid = attributes.attrelid
            and keys.indkey[0] = attributes.attnum
    where
        keys.indrelid = to_regclass('raw.' || quote_ident(logs_of_fact.raw_table))
        and keys.indisprimary;
    object_word := app.log_word(fact ->> first_of_key);
    return query
    with logs as (
        select
            of_object.*,
            app.time_of_log(of_object) as block_time
        from raw.chain_logs as of_object
        where
            app.object_of_log(
                of_object.topic0, of_object.topic2, of_object.topic3, of_object.data
            ) = object_word
            and of_object.chain_id = coalesce(fact_chain, of_object.chain_id)
            and of_object.removed_at is null
            and app.is_log_for(
                logs_of_fact.raw_table, of_object.chain_id, of_object.address,
                of_object.topic0
            )
    ),

    carried as (
        select distinct on (logs.chain_id, logs.topic0) logs.*
        from logs
        where
            logs.block_time < logs_of_fact.occurred_at
            -- who owns it is what each of its logs says itself
            and not exists (
                select from analytics.chain_events as events
                where
                    events.event = 'Transfer'
                    and events.topic0 = '0x' || encode(logs.topic0, 'hex')
            )
            and logs.topic0 not in (
                select own.topic0 from logs as own
                where own.block_time = logs_of_fact.occurred_at
            )
        order by logs.chain_id, logs.topic0, logs.block_number desc, logs.log_index desc
    )

    select
        logs.chain_id, logs.block_number, logs.block_hash, logs.tx_hash,
        logs.log_index, false
    from logs
    where logs.block_time = logs_of_fact.occurred_at
    union all
    select
        carried.chain_id, carried.block_number, carried.block_hash, carried.tx_hash,
        carried.log_index, false
    from carried
    where exists (
        select from logs as own where own.block_time = logs_of_fact.occurred_at
    );
end
$$;

-- When the block of a log was made, as decoders find it; null where that is not known.
-- noqa: disable=RF03
create function app.time_of_log(log raw.chain_logs) returns timestamptz
language sql stable
return (
    select blocks.block_time
    from raw.chain_blocks as blocks
    where
        blocks.chain_id = (log).chain_id
        and blocks.block_number = (log).block_number
        and (
            blocks.block_hash = (log).block_hash
            -- a file named no block, so that it is the canonical one
            or (log).block_hash is null and blocks.removed_at is null
        )
);
comment on function app.time_of_log(raw.chain_logs) is
'When the block of a log was made; null where that is not known';
