-- depends: 0074-following-chains

-- A number or an address as a word, as topics of logs have it; null for other text, and
-- for numbers that are no id of a raw table.
create function app.log_word(given text) returns bytea
language sql immutable parallel safe strict
return case
    when given ~ '^0x[0-9a-f]{1,64}$'
        then decode(lpad(substr(given, 3), 64, '0'), 'hex')
    when given ~ '^[0-9]{1,18}$'
        then decode(lpad(to_hex(given::bigint), 64, '0'), 'hex')
end;

-- The logs that state a fact of a raw table, but those that were removed: the one that
-- it names; all of its object, where the seed chain_fact_tables says that its table has
-- objects; or those of its instant that name the first column of its key, where a fact
-- is a version of something. No rows where no log of it is stored, or without a fact.
create function app.logs_of_fact(
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
        -- what the index knows: the first parameter is the thing or a wallet
        logs.topic1 in (
            select app.log_word(parts.value)
            from jsonb_each_text(fact) as parts
            where parts.key = first_of_key or parts.value ~ '^0x[0-9a-f]{40}$'
        )
        and app.log_word(fact ->> first_of_key)
        in (logs.topic1, logs.topic2, logs.topic3)
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
comment on function app.logs_of_fact(text, jsonb, timestamptz) is
'The logs that state a fact of a raw table, given as JSON, with its instant';

-- Whether a log is of an event that gives facts to a raw table, as the seeds say.
create function app.is_log_for(
    raw_table text, chain_id integer, address bytea, topic0 bytea
)
returns boolean
language plpgsql stable
as $$
begin
    return exists (
        select from analytics.chain_events as events
        inner join analytics.chain_contracts as contracts
            on events.contract = contracts.contract
        where
            is_log_for.raw_table = any(string_to_array(events.raw_tables, ' '))
            and contracts.chain_id = is_log_for.chain_id
            and contracts.address = '0x' || encode(is_log_for.address, 'hex')
            and events.topic0 = '0x' || encode(is_log_for.topic0, 'hex')
    );
end
$$;
