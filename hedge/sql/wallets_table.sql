-- Create the table of a file of wallets, with the constraints on a single row. Those of
-- a cluster_id are the constraints of app.wallet_clusters.
drop table if exists pg_temp.wallets, pg_temp.hedge_selected cascade;

create temp table wallets (
    cluster_id text collate "C" not null,
    address text collate "C" not null,
    chain text,
    discord_id text collate "C",
    constraint "address is 0x and 40 lower-case hex digits"
    check (address ~ '^0x[0-9a-f]*$' and octet_length(address) = 42),
    constraint "chain is not empty" check (chain <> ''),
    constraint "discord_id is not empty" check (discord_id <> ''),
    constraint "discord_id is at most 512 bytes long"
    check (octet_length(discord_id) <= 512)
) on commit drop;

do $$
declare
    rule record;
begin
    for rule in
        select
            conname as sentence,
            pg_get_constraintdef(oid) as definition
        from pg_constraint
        where conrelid = 'app.wallet_clusters'::regclass and contype = 'c'
    loop
        execute format(
            'alter table pg_temp.wallets add constraint %I %s',
            rule.sentence, rule.definition
        );
    end loop;
end
$$
