-- Create the table of a file of wallets, with the constraints on a single row.
drop table if exists pg_temp.wallets, pg_temp.hedge_selected cascade;

create temp table wallets (
    cluster_id text collate "C" not null,
    address text collate "C" not null,
    chain text,
    discord_id text collate "C",
    constraint "cluster_id is not empty" check (cluster_id <> ''),
    constraint "cluster_id is at most 512 bytes long"
    check (octet_length(cluster_id) <= 512),
    constraint "address is 0x and 40 lower-case hex digits"
    check (address ~ '^0x[0-9a-f]*$' and octet_length(address) = 42),
    constraint "chain is not empty" check (chain <> ''),
    constraint "discord_id is not empty" check (discord_id <> ''),
    constraint "discord_id is at most 512 bytes long"
    check (octet_length(discord_id) <= 512)
) on commit drop
