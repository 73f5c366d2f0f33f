"""The statements of hedge/chain/facts.py. Names in braces are the parts of a raw table."""

# hedge_facts: the rows of the view, with the types and constraints of the table.
FACTS = """
    drop table if exists pg_temp.hedge_facts;
    create temp table hedge_facts (
        hedge_chain integer,
        hedge_block bigint,
        hedge_index integer,
        hedge_word bytea,
        hedge_is_fact boolean not null,
        hedge_faults text,
        hedge_calls text,
        hedge_is_supplied boolean not null default false,
        like {table} including defaults {including}
    ) on commit drop;
    alter table pg_temp.hedge_facts {may_be_null}
"""

OBJECTS = """
    drop table if exists pg_temp.hedge_objects;
    create temp table hedge_objects on commit drop as
    select
        topic1 as word,
        max(block_number) filter (where removed_at is not null) as removed_block
    from raw.chain_logs
    where {blocks} and topic0 = any({topics}::bytea[]) and topic1 is not null
    group by topic1
"""

# The objects of versions; a hero and a pet change for years.
VERSIONED = """
    select coalesce(array_agg(distinct objects.word), '{{}}')
    from raw.chain_logs as logs
    cross join lateral (
        select app.object_of_log(logs.topic0, logs.topic2, logs.topic3, logs.data) as word
    ) as objects
    where {blocks} and logs.topic0 = any({topics}::bytea[]) and objects.word is not null
"""

READ = """
    insert into pg_temp.hedge_facts
        (hedge_chain, hedge_block, hedge_index, hedge_word, hedge_is_fact, hedge_faults, {read})
    select chain_id, block_number, {index}, {word}, is_fact, {faults}, {values}
    from {view}
    where {condition}
"""

# Where the logs of the objects were removed that state no fact any more.
REMOVED_BLOCKS = """
    update pg_temp.hedge_facts as facts set hedge_block = objects.removed_block
    from pg_temp.hedge_objects as objects
    where facts.hedge_word = objects.word and not facts.hedge_is_fact
"""

# The facts of objects that their logs do not state any more. Each object is looked up in the index.
GONE_OF_OBJECTS = """
    insert into pg_temp.hedge_facts ({given}, hedge_chain, hedge_block, hedge_is_fact)
    select {stored_given}, facts.hedge_chain, objects.removed_block, false
    from (
        select distinct {object}, hedge_chain, hedge_word from pg_temp.hedge_facts
    ) as facts
    cross join lateral (
        select stored.* from {table} as stored
        where ({stored_object}) = ({facts_object}) offset 0
    ) as stored
    left join pg_temp.hedge_objects as objects on facts.hedge_word = objects.word
    where
        stored.decoded_at is not null
        and not exists (
            select from pg_temp.hedge_facts as new
            where new.hedge_is_fact and ({new_key}) = ({stored_key})
        )
"""

KEEP_KEYS = """
    insert into app.redecoded_keys (table_name, key)
    select {name}, {key_of_new} from pg_temp.hedge_compared as new where hedge_is_fact
    on conflict do nothing
"""

NOT_AGAIN = """
    insert into pg_temp.hedge_facts ({given}, hedge_is_fact)
    select {stored_given}, false
    from {table} as stored
    where
        decoded_at is not null
        and not exists (
            select from app.redecoded_keys as keys
            where keys.table_name = {name} and keys.key = {key_of_stored}
        )
        and {has_logs}
"""
# The facts of logs in partitions that were detached stay.
HAS_LOGS = """
    exists (
        select from raw.chain_logs as logs
        where
            logs.tx_hash = decode(substr(stored.tx_hash, 3), 'hex')
            and logs.log_index = stored.log_index
    )
"""
HAS_ALL_LOGS = """
    not exists (
        select from pg_class
        where
            relnamespace = 'raw'::regnamespace and relkind = 'r' and not relispartition
            and relname ~ '^chain_logs_[0-9]+_[0-9]+$'
    )
"""

# Each fact is looked up in the index: a join could be one with all facts that are stored.
STORED_OF_NEW = """
    select stored.* from {table} as stored where ({stored_key}) = ({new_key}) limit 1
"""

# hedge_compared: a row for each fact, with what is stored. A log that is in a block states it,
# whatever others that were removed say; of two, the later one. Of an object with several facts,
# those that no log states are the ones that GONE_OF_OBJECTS has found, without a word: what its
# logs said before they were corrected may be a fact of another object now. hedge_has_file: a file,
# or another program, says the fact.
COMPARED = """
    drop table if exists pg_temp.hedge_compared;
    create temp table hedge_compared on commit drop as
    select
        new.*,
        stored.loaded_at is not null as hedge_is_stored,
        stored.decoded_at is not null as hedge_is_decoded,
        ({new_state}) is distinct from ({stored_state}) as hedge_differs,
        {is_same_log} as hedge_is_same_log,
        files.key is not null
        or stored.loaded_at is not null and stored.decoded_at is null as hedge_has_file
    from (
        select distinct on ({key}) facts.*, {missing} as hedge_missing
        from pg_temp.hedge_facts as facts
        where
            {has_key}
            and (hedge_is_fact or hedge_word is null or not {has_objects_of_many})
        order by {key}, hedge_is_fact desc, hedge_block desc nulls last, hedge_index desc
    ) as new
    left join lateral ({stored_of_new}) as stored on true
    left join raw.facts_of_files as files
        on {has_files} and files.table_name = {name} and files.key = {key_of_new}
"""

OTHER_BLOCKS = """
    with changing as (
        select
            new.tx_hash, new.log_index,
            stored.tx_hash as stored_tx_hash, stored.log_index as stored_log_index
        from pg_temp.hedge_compared as new
        cross join lateral ({stored_of_new}) as stored
        where new.hedge_is_decoded and (not new.hedge_is_fact or new.hedge_differs)
        union all
        select
            new.tx_hash, new.log_index,
            pending.fact ->> 'tx_hash', (pending.fact ->> 'log_index')::integer
        from pg_temp.hedge_compared as new
        inner join raw.pending_facts as pending
            on
                {has_pending}
                and pending.table_name = {name}
                and pending.key = {key_of_new}
    ),
    logs as (
        select tx_hash, log_index from changing
        union
        select stored_tx_hash, stored_log_index from changing
    )
    select distinct block_number
    from raw.chain_logs
    where
        (tx_hash, log_index) in (
            select decode(substr(logs.tx_hash, 3), 'hex'), logs.log_index from logs
        )
        and chain_id = {chain}
        and removed_at is null
        and not ({blocks})
"""

_IS_GONE = """
        hedge_is_decoded
        and not hedge_has_file
        and case when hedge_is_fact then hedge_missing <> '{{}}' else hedge_is_same_log end
"""
_IS_WHOLE = "new.hedge_is_fact and new.hedge_missing = '{{}}' and not new.hedge_has_file"
_IS_CHANGED = f"{_IS_WHOLE} and new.hedge_is_decoded and new.hedge_differs"
_IS_NEW = f"{_IS_WHOLE} and not new.hedge_is_stored"
_IS_WAITING = "new.hedge_is_fact and new.hedge_missing <> '{{}}' and not new.hedge_has_file"
_IS_OF_BOTH = """
        new.hedge_has_file
        and (new.hedge_is_fact or new.hedge_is_decoded and new.hedge_is_same_log)
"""

# What of hedge_compared there is. Each statement below takes longer than to ask that.
TO_DO = f"""
    select
        coalesce(bool_or({_IS_GONE}), false),
        coalesce(bool_or({_IS_CHANGED}), false),
        coalesce(bool_or({_IS_NEW}), false),
        coalesce(bool_or({_IS_WAITING}), false),
        coalesce(bool_or({_IS_OF_BOTH}), false),
        exists (
            select from pg_temp.hedge_compared as new
            where {_IS_WAITING} and ({{is_unfit}})
        )
    from pg_temp.hedge_compared as new
"""

GONE = f"""
    drop table if exists pg_temp.hedge_gone;
    create temp table hedge_gone on commit drop as
    select {{key}}, hedge_is_fact, hedge_block
    from pg_temp.hedge_compared
    where {_IS_GONE}
"""

DELETE_GONE = """
    delete from {table} as stored using pg_temp.hedge_gone as gone
    where ({stored_key}) = ({gone_key}) and {condition}
"""

UPDATE = f"""
    update {{table}} as stored
    set ({{state}}) = row({{new_state}}), loaded_at = now(), decoded_at = now()
    from pg_temp.hedge_compared as new
    where ({{stored_key}}) = ({{new_key}}) and {_IS_CHANGED}
"""

INSERT = f"""
    insert into {{table}} ({{given}}, decoded_at)
    select {{new_given}}, now()
    from pg_temp.hedge_compared as new
    where {_IS_NEW}
"""

# Those of _IS_WAITING; no f-string, because a test reads the upserts as they stand here.
PUT_PENDING = """
    insert into raw.pending_facts as pending
        (table_name, key, fact, missing, faults, calls, chain_id, block_number)
    select
        {name}, {key_of_new}, {new_row}, hedge_missing, hedge_faults, hedge_calls, hedge_chain,
        hedge_block
    from pg_temp.hedge_compared as new
    where new.hedge_is_fact and new.hedge_missing <> '{{}}' and not new.hedge_has_file
    on conflict (table_name, key) do update set
        fact = excluded.fact,
        missing = excluded.missing,
        faults = excluded.faults,
        calls = excluded.calls,
        chain_id = excluded.chain_id,
        block_number = excluded.block_number
    where
        (pending.fact, pending.missing, pending.faults, pending.calls, pending.block_number)
        is distinct from
        (excluded.fact, excluded.missing, excluded.faults, excluded.calls, excluded.block_number)
"""

DELETE_PENDING = """
    delete from raw.pending_facts as pending using pg_temp.hedge_compared as new
    where
        pending.table_name = {name}
        and pending.key = {key_of_new}
        and case
            when new.hedge_is_fact then new.hedge_missing = '{{}}'
            else {is_same_pending_log}
        end
"""

DELETE_PENDING_OF_OBJECTS = """
    delete from raw.pending_facts as pending
    where
        pending.table_name = {name}
        and ({object_of_pending}) in (
            select {object_as_text} from pg_temp.hedge_facts as facts
        )
        and not exists (
            select from pg_temp.hedge_compared as new
            where
                new.hedge_is_fact
                and new.hedge_missing <> '{{}}'
                and {key_of_new} = pending.key
        )
"""

SOURCES = f"""
    drop table if exists pg_temp.hedge_sources;
    create temp table hedge_sources on commit drop as
    select
        {{key_of_new}} as key,
        case when new.hedge_is_fact then {{new_row}} end as fact_of_logs,
        coalesce(files.fact, {{stored_row}}) as fact,
        null::text as file,
        new.hedge_faults as faults,
        new.hedge_chain as chain_id,
        new.hedge_block as block_number
    from pg_temp.hedge_compared as new
    left join {{table}} as stored on ({{new_key}}) = ({{stored_key}})
    left join raw.facts_of_files as files
        on files.table_name = {{name}} and files.key = {{key_of_new}}
    where {_IS_OF_BOTH}
"""
