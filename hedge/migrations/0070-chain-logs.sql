-- depends: 0068-past-ends

-- The logs of chains as nodes and exporters give them, and the blocks that contain
-- them. What they say is decoded by views of the dbt project (models/chain) and becomes
-- facts of the raw tables. Hashes, addresses and words are bytes, because there are
-- hundreds of millions of them.

-- A log of a block that is no longer canonical stays, with removed_at. Exporters' files
-- often name no block hash; such a row and the same log with a hash are one row, which
-- whoever writes has to see to.
create table raw.chain_logs (
    chain_id integer not null,
    block_number bigint not null,
    block_hash bytea,
    tx_hash bytea not null,
    log_index integer not null,
    address bytea not null,
    topic0 bytea,
    topic1 bytea,
    topic2 bytea,
    topic3 bytea,
    -- the name that nodes and exporters give it
    data bytea not null, -- noqa: RF04
    loaded_at timestamptz not null default now(),
    removed_at timestamptz,
    constraint "chain_id is 1 or more" check (chain_id >= 1),
    constraint "block_number is 0 or more" check (block_number >= 0),
    constraint "block_hash is 32 bytes" check (octet_length(block_hash) = 32),
    constraint "tx_hash is 32 bytes" check (octet_length(tx_hash) = 32),
    constraint "log_index is 0 or more" check (log_index >= 0),
    constraint "address is 20 bytes" check (octet_length(address) = 20),
    constraint "topic0 is 32 bytes" check (octet_length(topic0) = 32),
    constraint "topic1 is 32 bytes and follows topic0"
    check (topic1 is null or octet_length(topic1) = 32 and topic0 is not null),
    constraint "topic2 is 32 bytes and follows topic1"
    check (topic2 is null or octet_length(topic2) = 32 and topic1 is not null),
    constraint "topic3 is 32 bytes and follows topic2"
    check (topic3 is null or octet_length(topic3) = 32 and topic2 is not null)
) partition by range (chain_id, block_number);

comment on table raw.chain_logs is
'One log of a chain in one block. Written by: hedge chain follow, hedge load';
comment on column raw.chain_logs.chain_id is
'The chain, by its number: 53935 is DFK Chain, 8217 Kaia, 1088 METIS';
comment on column raw.chain_logs.block_number is 'The block that contains the log';
comment on column raw.chain_logs.block_hash is
'The hash of the block; null where a file does not say it';
comment on column raw.chain_logs.tx_hash is 'The transaction that emitted the log';
comment on column raw.chain_logs.log_index is
'The place of the log in its block, from 0';
comment on column raw.chain_logs.address is 'The contract that emitted the log';
comment on column raw.chain_logs.topic0 is
'The hash of the signature of the event; null for an anonymous event';
comment on column raw.chain_logs.topic1 is 'The first indexed parameter, as a word';
comment on column raw.chain_logs.topic2 is 'The second indexed parameter, as a word';
comment on column raw.chain_logs.topic3 is 'The third indexed parameter, as a word';
comment on column raw.chain_logs.data is
'The other parameters, as the ABI of contracts encodes them';
comment on column raw.chain_logs.loaded_at is
'When the row was inserted or updated last, by the clock of the database';
comment on column raw.chain_logs.removed_at is
'When it was found that the block is not canonical any more; null while it is';

-- The transaction comes first, so that a log is found by what facts know of it.
create unique index chain_logs_key on raw.chain_logs
(tx_hash, log_index, block_hash, chain_id, block_number) nulls not distinct;
create index chain_logs_block on raw.chain_logs (chain_id, block_number);
-- The logs of one battle, patrol or quest share their first indexed parameter.
create index chain_logs_topic1 on raw.chain_logs (topic1) where topic1 is not null;

-- A partition holds the logs of 1,000,000 blocks of a chain.
create function app.create_log_partitions(
    chain integer, from_block bigint, to_block bigint
)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    millions bigint;
    partition_name text;
begin
    for millions in from_block / 1000000 .. to_block / 1000000 loop
        partition_name := format('chain_logs_%s_%s', chain, millions);
        continue when to_regclass('raw.' || quote_ident(partition_name)) is not null;
        -- Attaching lets others read and write meanwhile, creating as a partition not.
        perform pg_advisory_xact_lock(hashtext('app.create_log_partitions'));
        continue when to_regclass('raw.' || quote_ident(partition_name)) is not null;
        execute format(
            'create table raw.%I (like raw.chain_logs'
            ' including defaults including constraints)',
            partition_name
        );
        execute format(
            'alter table raw.chain_logs attach partition raw.%1$I'
            ' for values from (%2$s, %3$s) to (%2$s, %4$s)',
            partition_name, chain, millions * 1000000, (millions + 1) * 1000000
        );
    end loop;
end
$$;
revoke execute on function app.create_log_partitions(integer, bigint, bigint)
from public;

create table raw.chain_blocks (
    chain_id integer not null,
    block_number bigint not null,
    block_hash bytea not null,
    parent_hash bytea,
    block_time timestamptz not null,
    loaded_at timestamptz not null default now(),
    removed_at timestamptz,
    primary key (chain_id, block_number, block_hash),
    constraint "chain_id is 1 or more" check (chain_id >= 1),
    constraint "block_number is 0 or more" check (block_number >= 0),
    constraint "block_hash is 32 bytes" check (octet_length(block_hash) = 32),
    constraint "parent_hash is 32 bytes" check (octet_length(parent_hash) = 32),
    constraint "block_time is a finite time" check (isfinite(block_time))
);
create unique index "a number has one canonical block"
on raw.chain_blocks (chain_id, block_number) where removed_at is null;

comment on table raw.chain_blocks is
'One block of a chain. Written by: hedge chain follow, hedge load';
comment on column raw.chain_blocks.chain_id is
'The chain, by its number: 53935 is DFK Chain, 8217 Kaia, 1088 METIS';
comment on column raw.chain_blocks.block_number is 'The number of the block';
comment on column raw.chain_blocks.block_hash is 'The hash of the block';
comment on column raw.chain_blocks.parent_hash is
'The hash of the block before it; null where a file does not say it';
comment on column raw.chain_blocks.block_time is 'When the block was made, UTC';
comment on column raw.chain_blocks.loaded_at is
'When the row was inserted or updated last, by the clock of the database';
comment on column raw.chain_blocks.removed_at is
'When it was found that the block is not canonical any more; null while it is';

-- The spans of blocks in which logs or blocks were written since they were decoded.
-- Decoding takes and deletes them, and reads no other blocks.
create table app.undecoded_spans (
    chain_id integer not null,
    from_block bigint not null,
    to_block bigint not null,
    noted_at timestamptz not null default clock_timestamp()
);
comment on table app.undecoded_spans is
'Spans of blocks in which logs or blocks were written since they were decoded';

-- A load of many blocks leaves one span for each thousand of them, so that a file with
-- few blocks far apart does not lead to reading all between them.
create function app.note_undecoded() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    insert into app.undecoded_spans (chain_id, from_block, to_block)
    select chain_id, min(block_number), max(block_number)
    from touched
    group by chain_id, block_number / 1000;
    return null;
end
$$;
revoke execute on function app.note_undecoded() from public;

create trigger note_inserted_logs after insert on raw.chain_logs
referencing new table as touched
for each statement execute function app.note_undecoded();
create trigger note_updated_logs after update on raw.chain_logs
referencing new table as touched
for each statement execute function app.note_undecoded();
create trigger note_inserted_blocks after insert on raw.chain_blocks
referencing new table as touched
for each statement execute function app.note_undecoded();
create trigger note_updated_blocks after update on raw.chain_blocks
referencing new table as touched
for each statement execute function app.note_undecoded();
-- also in sessions whose role is `replica`
alter table raw.chain_logs enable always trigger note_inserted_logs;
alter table raw.chain_logs enable always trigger note_updated_logs;
alter table raw.chain_blocks enable always trigger note_inserted_blocks;
alter table raw.chain_blocks enable always trigger note_updated_blocks;

-- The tables of facts. The other tables of raw hold what chains say, rows that were
-- rejected or removed, and the keys of versions that were left out.
create view app.fact_tables as
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
        'rejected_rows', 'removed_facts', 'left_out_heroes', 'left_out_pets'
    );
