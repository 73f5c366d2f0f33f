-- depends: 0175-verified-in-buckets

-- A link moves the facts of a wallet, which are in a few raw tables of one bucket. To
-- ask each table of each bucket by a statement that would move them, and each table of
-- raw, although nothing has come in, took as long as to move thousands of facts.

-- Moves facts to the buckets of their clusters: those of wallets whose link has
-- changed, and up to `most` rows of each raw table (null: all) that have come in.
-- Returns how many it has moved. It is atomic, and a fact is in one place before and
-- after it; no change is noted, because none has happened. The hook of a run calls it
-- after it has taken the change notes and before it determines the as-of instant, so
-- that a link of whose note the run has taken has its facts in place. It waits for
-- transactions that write a raw table from which it moves rows, and they for it: an
-- update of a row that is being moved would be lost.
create or replace function app.fill_buckets(most integer default null) returns bigint
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    number constant integer := (select count(*) from app.buckets);
    wallets text[];
    places integer[];
    facts record;
    of_wallets record;
    has_come_in boolean;
    moved bigint := 0;
    found bigint;
begin
    if number = 0 then
        return 0;
    end if;
    -- Two runs that begin at once would move the same rows.
    perform pg_advisory_xact_lock(hashtext('app.buckets'));
    perform set_config('hedge.moves_facts', 'on', true);

    with taken as (
        delete from app.wallets_to_place returning address
    ),

    touched as (
        select distinct taken.address from taken
    )

    select
        array_agg(touched.address),
        array_agg(
            coalesce(placed.bucket, app.hash_bucket(touched.address, number))
        )
    into wallets, places
    from touched
    left join app.wallet_links as links
        on touched.address = links.address and links.unlinked_at is null
    left join app.cluster_buckets as placed
        on links.cluster_id = placed.cluster_id;

    for facts in
        select
            tables.table_name,
            tables.wallet_column,
            'raw_' || tables.table_name as name_in_bucket,
            (
                select string_agg(format('%I', attname), ', ' order by attnum)
                from pg_attribute
                where
                    attrelid = format('raw.%I', tables.table_name)::regclass
                    and attnum > 0
                    and not attisdropped
            ) as columns,
            -- the buckets that have facts of wallets of another bucket
            (
                select
                    string_agg(
                        format(
                            'select %1$s as origin, placed.bucket as target,'
                            ' array_agg(placed.address) as addresses'
                            ' from unnest($1, $2) as placed (address, bucket)'
                            ' where placed.bucket <> %1$s and exists ('
                            'select from %2$I.%3$I as stored'
                            ' where placed.address = stored.%4$I)'
                            ' group by placed.bucket',
                            buckets.bucket,
                            'bucket_' || buckets.bucket,
                            'raw_' || tables.table_name,
                            tables.wallet_column
                        ),
                        ' union all '
                    )
                from app.buckets
            ) as misplaced
        from app.bucket_tables as tables
        order by tables.table_name
    loop
        execute format('select exists (select from only raw.%I)', facts.table_name)
        into has_come_in;
        if has_come_in then
            execute format(
                'lock table only raw.%I in share row exclusive mode', facts.table_name
            );
        end if;

        if wallets is not null then
            for of_wallets in execute facts.misplaced using wallets, places loop
                execute format(
                    'lock table only raw.%I in share row exclusive mode',
                    facts.table_name
                );
                execute format(
                    'with taken as (delete from %1$I.%2$I where %3$I = any($1)'
                    ' returning *) insert into %4$I.%2$I select * from taken',
                    'bucket_' || of_wallets.origin,
                    facts.name_in_bucket,
                    facts.wallet_column,
                    'bucket_' || of_wallets.target
                ) using of_wallets.addresses;
                get diagnostics found = row_count;
                moved := moved + found;
            end loop;
        end if;

        if has_come_in then
            execute format(
                'with taken as (delete from only raw.%1$I %2$s returning *),'
                ' placed as materialized ('
                'select taken.*,'
                ' coalesce(known.bucket, app.hash_bucket(taken.%3$I, %4$s))'
                ' as hedge_bucket from taken left join ('
                'select links.address, clusters.bucket from app.wallet_links as links'
                ' inner join app.cluster_buckets as clusters'
                ' on links.cluster_id = clusters.cluster_id'
                ' where links.unlinked_at is null) as known'
                ' on taken.%3$I = known.address)%5$s select count(*) from placed',
                facts.table_name,
                case when most is not null then format(
                    'where ctid = any(array(select ctid from only raw.%I limit %s))',
                    facts.table_name, most
                ) end,
                facts.wallet_column,
                number,
                (
                    select string_agg(
                        format(
                            ', to_%1$s as (insert into %2$I.%3$I (%4$s) select %4$s'
                            ' from placed where hedge_bucket = %1$s)',
                            bucket, 'bucket_' || bucket, facts.name_in_bucket,
                            facts.columns
                        ),
                        ''
                    )
                    from app.buckets
                )
            ) into found;
            moved := moved + found;
        end if;
    end loop;
    perform set_config('hedge.moves_facts', 'off', true);
    return moved;
end
$$;
