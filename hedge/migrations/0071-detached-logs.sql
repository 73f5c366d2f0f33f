-- depends: 0070-chain-logs

-- Partitions of raw.chain_logs that are detached: tables of their own, whose logs are
-- neither decoded nor found any more, until they are attached again.

-- As before, and refuses to create a partition beside one that is detached.
create or replace function app.create_log_partitions(
    chain integer, from_block bigint, to_block bigint
)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    millions bigint;
    partition_name text;
    is_attached boolean;
begin
    for millions in from_block / 1000000 .. to_block / 1000000 loop
        partition_name := format('chain_logs_%s_%s', chain, millions);
        is_attached := (
            select relispartition from pg_class
            where relname = partition_name and relnamespace = 'raw'::regnamespace
        );
        if is_attached is null then
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
        elsif not is_attached then
            raise exception using
                errcode = 'object_not_in_prerequisite_state',
                message = format(
                    'the logs of the blocks %s to %s of chain %s are detached:'
                    ' hedge chain attach --chain %s --block %s',
                    millions * 1000000, millions * 1000000 + 999999, chain, chain,
                    millions * 1000000
                );
        end if;
    end loop;
end
$$;

-- Detach the partition that holds a block. It must not have logs that are not decoded.
create function app.detach_log_partition(chain integer, block bigint) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    first_block bigint := block / 1000000 * 1000000;
    partition_name text := format('chain_logs_%s_%s', chain, block / 1000000);
begin
    -- Nobody writes a log between the question whether all are decoded and the end.
    lock table only raw.chain_logs in access exclusive mode;
    if
        exists (
            select from app.undecoded_spans
            where
                chain_id = chain
                and from_block < first_block + 1000000
                and to_block >= first_block
        )
    then
        raise exception using
            errcode = 'object_not_in_prerequisite_state',
            message = format('raw.%s has logs that are not decoded', partition_name);
    end if;
    execute format('alter table raw.chain_logs detach partition raw.%I', partition_name);
end
$$;
revoke execute on function app.detach_log_partition(integer, bigint) from public;

-- Attach the partition that holds a block again. Its logs are decoded again, because
-- facts that are made of several logs may have been computed without them.
create function app.attach_log_partition(chain integer, block bigint) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    first_block bigint := block / 1000000 * 1000000;
    partition_name text := format('chain_logs_%s_%s', chain, block / 1000000);
begin
    execute format(
        'alter table raw.chain_logs attach partition raw.%1$I'
        ' for values from (%2$s, %3$s) to (%2$s, %4$s)',
        partition_name, chain, first_block, first_block + 1000000
    );
    insert into app.undecoded_spans (chain_id, from_block, to_block)
    select
        chain_id,
        min(block_number) as from_block,
        max(block_number) as to_block
    from raw.chain_logs
    where
        chain_id = chain
        and block_number >= first_block
        and block_number < first_block + 1000000
    group by chain_id, block_number / 1000;
end
$$;
revoke execute on function app.attach_log_partition(integer, bigint) from public;
