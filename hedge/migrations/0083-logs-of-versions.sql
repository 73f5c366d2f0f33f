-- depends: 0082-words-of-paths

-- As before (0075-logs-of-facts.sql), but where a fact is a version of something: then
-- those of its instant that concern the thing which the first column of its key names
-- (app.object_of_log), whatever their first parameter is.
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
    named_tx bytea := decode(substr(fact ->> 'tx_hash', 3), 'hex');
    named_index integer := (fact ->> 'log_index')::integer;
    first_of_key text;
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
            and logs.chain_id = coalesce((fact ->> 'chain_id')::integer, logs.chain_id)
            and logs.removed_at is null;
        return;
    end if;

    -- the last column of an object is the first indexed parameter of its logs
    if object_columns is not null then
        return query
        select
            logs.chain_id, logs.block_number, logs.block_hash, logs.tx_hash,
            logs.log_index,
            coalesce((logs.tx_hash, logs.log_index) = (named_tx, named_index), false)
        from raw.chain_logs as logs
        where
            logs.topic1
            = app.log_word(fact ->> object_columns[cardinality(object_columns)])
            and logs.chain_id = coalesce((fact ->> 'chain_id')::integer, logs.chain_id)
            and logs.removed_at is null
            and app.is_log_for(
                logs_of_fact.raw_table, logs.chain_id, logs.address, logs.topic0
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
    return query
    select
        logs.chain_id, logs.block_number, logs.block_hash, logs.tx_hash,
        logs.log_index, false
    from raw.chain_logs as logs
    where
        app.object_of_log(logs.topic0, logs.topic2, logs.topic3, logs.data)
        = app.log_word(fact ->> first_of_key)
        and logs.chain_id = coalesce((fact ->> 'chain_id')::integer, logs.chain_id)
        and logs.removed_at is null
        and app.is_log_for(
            logs_of_fact.raw_table, logs.chain_id, logs.address, logs.topic0
        )
        and exists (
            select from raw.chain_blocks as blocks
            where
                blocks.chain_id = logs.chain_id
                and blocks.block_number = logs.block_number
                and blocks.removed_at is null
                and blocks.block_time = logs_of_fact.occurred_at
        );
end
$$;
revoke execute on function app.logs_of_fact(text, jsonb, timestamptz) from public;

-- A log as it has the same text wherever it is stored: what a proof lists of it.
create function app.log_as_json(log raw.chain_logs) returns jsonb
language sql stable
return jsonb_build_object(
    'chain_id', (log).chain_id,
    'block_number', (log).block_number,
    'block_hash', '0x' || encode((log).block_hash, 'hex'),
    'tx_hash', '0x' || encode((log).tx_hash, 'hex'),
    'log_index', (log).log_index,
    'address', '0x' || encode((log).address, 'hex'),
    'topics', (
        select
            coalesce(
                jsonb_agg('0x' || encode(topics.word, 'hex') order by topics.place),
                '[]'
            )
        from
            unnest(array[(log).topic0, (log).topic1, (log).topic2, (log).topic3])
            with ordinality as topics (word, place)
        where topics.word is not null
    ),
    'data', '0x' || encode((log).data, 'hex')
);
comment on function app.log_as_json(raw.chain_logs) is
'A log as JSON that has the same text wherever the same log is stored';

-- A call that is wanted again while its answer is stored is not wanted any more when
-- the answer comes a second time, and its facts are decoded again.
create trigger note_repeated_results after update on raw.chain_call_results
referencing new table as new_results
for each statement execute function app.note_called();
alter table raw.chain_call_results enable always trigger note_repeated_results;
