-- depends: 0073-facts-of-logs

-- How far chains are followed. A row changes in the transaction that writes the logs
-- and blocks for which it stands.
create table app.chain_cursors (
    chain_id integer primary key,
    block_number bigint not null,
    block_hash bytea not null,
    block_time timestamptz not null,
    moved_at timestamptz not null default now(),
    constraint "chain_id is 1 or more" check (chain_id >= 1),
    constraint "block_number is 0 or more" check (block_number >= 0),
    constraint "block_hash is 32 bytes" check (octet_length(block_hash) = 32)
);
comment on table app.chain_cursors is
'Up to which block each chain is followed: that block, with its hash and time';

-- What followers say of themselves and of their nodes, also while nothing moves.
create table app.chain_followers (
    chain_id integer primary key,
    started_at timestamptz not null default now(),
    asked_at timestamptz,
    head_number bigint,
    final_number bigint,
    failing_since timestamptz,
    error text,
    is_halted boolean not null default false,
    constraint "chain_id is 1 or more" check (chain_id >= 1),
    constraint "what fails has an error"
    check ((failing_since is null) = (error is null)),
    constraint "what is halted fails" check (not is_halted or error is not null)
);
comment on table app.chain_followers is
'What the follower of each chain said last: the head of its node, and its error';
comment on column app.chain_followers.asked_at is 'when the node last said its head';
comment on column app.chain_followers.final_number is
'the highest block that was so deep below a head that no reorganization reaches it';
comment on column app.chain_followers.is_halted is
'a reorganization goes deeper than the finality depth, and a person has to decide';

-- The blocks of which the logs of a contract are known, from following and backfills.
-- Contracts are those of the seed when the chain was followed or backfilled last.
create table app.chain_coverage (
    chain_id integer not null,
    address bytea not null,
    contract text not null,
    from_block bigint not null,
    to_block bigint,
    covered int8multirange not null default '{}',
    primary key (chain_id, address),
    constraint "chain_id is 1 or more" check (chain_id >= 1),
    constraint "address is 20 bytes" check (octet_length(address) = 20),
    constraint "a contract is in use from block 0 or later" check (from_block >= 0),
    constraint "a contract ends after it begins" check (to_block >= from_block)
);
comment on table app.chain_coverage is
'The blocks of which all logs of a contract are known; what lacks is a gap';
comment on column app.chain_coverage.to_block is
'the last block in which the contract is of interest; null where there is none';
comment on column app.chain_coverage.covered is 'the blocks whose logs are known';

-- What lacks of the logs of each contract up to the cursor.
create view app.chain_gaps as
select
    coverage.chain_id,
    coverage.contract,
    coverage.address,
    lower(gaps.gap) as from_block,
    upper(gaps.gap) - 1 as to_block
from app.chain_coverage as coverage
inner join app.chain_cursors as cursors on coverage.chain_id = cursors.chain_id
cross join lateral unnest(
    int8multirange(
        int8range(
            coverage.from_block,
            greatest(
                coverage.from_block,
                least(coverage.to_block, cursors.block_number) + 1
            )
        )
    ) - coverage.covered
) as gaps (gap);

create table app.chain_backfills (
    backfill_id bigint generated always as identity primary key,
    chain_id integer not null,
    from_block bigint not null,
    to_block bigint not null,
    started_at timestamptz not null default now(),
    moved_at timestamptz not null default now(),
    finished_at timestamptz,
    error text,
    constraint "chain_id is 1 or more" check (chain_id >= 1),
    constraint "a backfill goes upwards from block 0"
    check (from_block >= 0 and to_block >= from_block)
);
comment on table app.chain_backfills is
'Backfills of ranges of blocks; what they have done is in app.chain_coverage';
comment on column app.chain_backfills.moved_at is 'when blocks were last written';

create table app.chain_reorganizations (
    reorganization_id bigint generated always as identity primary key,
    chain_id integer not null,
    found_at timestamptz not null default now(),
    ancestor_number bigint not null,
    lost_number bigint not null,
    lost_logs integer not null,
    constraint "chain_id is 1 or more" check (chain_id >= 1),
    constraint "an ancestor is below what is lost"
    check (ancestor_number < lost_number),
    constraint "lost_logs is 0 or more" check (lost_logs >= 0)
);
create index on app.chain_reorganizations (chain_id, found_at);
comment on table app.chain_reorganizations is
'Reorganizations that were followed: the blocks after the ancestor were lost';

-- Incremental runs that new facts of chains want: one row for all chains, so that they
-- wake one run together.
create table app.chain_wakes (
    is_only boolean primary key default true check (is_only),
    wanted_at timestamptz,
    woken_at timestamptz
);
insert into app.chain_wakes default values;
comment on table app.chain_wakes is
'When facts of chains last wanted an incremental run, and when one was last woken';
