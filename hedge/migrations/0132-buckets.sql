-- depends: 0127-previews-of-several

-- Buckets (docs/scale.md). A bucket is the schema bucket_N, which holds the facts and
-- the marts of a group of clusters. Its tables inherit from those of raw and analytics,
-- so that who reads raw.TABLE or analytics.MART reads all buckets, and who updates or
-- deletes there does so in all of them. Without buckets, which is the default, all of
-- these tables are empty and nothing reads them but a run that begins.

create table app.buckets (
    bucket integer primary key,
    -- what its views were copied from: see app.state_of_views; null before that
    copied_from text,
    constraint "bucket is 1 to 64" check (bucket between 1 and 64)
);

-- The raw tables whose rows are in buckets, and the column with the wallet whose
-- cluster they belong to (belongs_to in models/staging/_sources.yml).
create table app.bucket_tables (
    table_name text collate "C" primary key,
    wallet_column text not null
);

-- The bucket of each cluster, while there are buckets.
create table app.cluster_buckets (
    cluster_id text collate "C" primary key
    references app.wallet_clusters on update cascade on delete cascade,
    bucket integer not null
);

-- The wallets whose link has changed and whose facts may be in another bucket than
-- their cluster. The table has no key, so that links and runs do not wait for each
-- other.
create table app.wallets_to_place (
    address text collate "C" not null
);

-- The marts whose rows are in buckets.
create function app.bucket_marts() returns text[]
language sql immutable parallel safe
return array[
    'cluster_metrics', 'challenge_progress', 'season_progress', 'tier_unlocks'
];

-- The bucket of somebody who was assigned to none: by a hash of the name.
create function app.hash_bucket(name text, buckets integer) returns integer
language sql immutable parallel safe
return coalesce(
    1 + mod(hashtextextended(name, 0) & 9223372036854775807, buckets), 1
)::integer;

-- The buckets that a run for some clusters has to compute (null: every cluster).
create function app.buckets_of(clusters text[]) returns integer[]
language sql stable
as $$
    with found as (
        select buckets.bucket
        from app.buckets
        where
            clusters is null
            or buckets.bucket in (
                select
                    coalesce(
                        placed.bucket,
                        app.hash_bucket(
                            named.cluster_id,
                            (select count(*) from app.buckets)::integer
                        )
                    )
                from unnest(clusters) as named (cluster_id)
                left join app.cluster_buckets as placed
                    on named.cluster_id = placed.cluster_id
            )
    )

    select coalesce(array_agg(found.bucket order by found.bucket), '{}') from found
$$;

-- What tells whether live views have been replaced since they were copied.
create function app.state_of_views(names text[]) returns text
language sql stable
as $$
    select
        md5(string_agg(
            concat_ws(' ', rules.ev_class, rules.xmin), ',' order by rules.ev_class
        ))
    from pg_rewrite as rules
    inner join pg_class as live_views on rules.ev_class = live_views.oid
    where
        live_views.relnamespace = to_regnamespace('analytics')
        and live_views.relname = any(names)
$$;

-- A new cluster gets its bucket; triggers call it while there are buckets.
create function app.place_clusters() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into app.cluster_buckets (cluster_id, bucket)
    select
        inserted.cluster_id,
        app.hash_bucket(
            inserted.cluster_id, (select count(*) from app.buckets)::integer
        )
    from inserted
    on conflict (cluster_id) do nothing;
    return null;
end
$$;

-- A wallet whose link begins, ends or changes is looked at by the next run.
create function app.note_wallets_to_place() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into app.wallets_to_place (address)
    select distinct touched.address from touched;
    return null;
end
$$;

-- An unlock that is inserted, as a merge of accounts does, goes to the bucket of its
-- cluster; one of a tier that is there stays, as there. Runs write the buckets
-- themselves, and nobody else inserts into a mart.
create function app.route_to_bucket() returns trigger
language plpgsql
as $$
begin
    if tg_table_name <> 'tier_unlocks' then
        raise exception
            'the clusters of this database are divided among buckets, which this run'
            ' does not know: nothing was written to %', tg_table_name
        using errcode = 'object_not_in_prerequisite_state';
    end if;
    execute format(
        'insert into %I.tier_unlocks select ($1).* on conflict do nothing',
        'bucket_' || (app.buckets_of(array[new.cluster_id]))[1]
    ) using new;
    return null;
end
$$;

-- A fact that is inserted although a bucket has it replaces the one there. If both say
-- the same, nothing has changed but its place. Else the triggers of the raw table note
-- the one that goes as deleted. The arguments are the columns of the key.
create function app.replace_moved_facts() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    is_same_key text := (
        select string_agg(format('stored.%1$I = touched.%1$I', name), ' and ')
        from unnest(tg_argv) as name
    );
begin
    perform set_config('hedge.moves_facts', 'on', true);
    execute format(
        'delete from raw.%1$I as stored using touched'
        ' where stored.tableoid <> ''raw.%1$I''::regclass and %2$s'
        ' and to_jsonb(stored) - ''loaded_at'' - ''decoded_at'''
        ' = to_jsonb(touched) - ''loaded_at'' - ''decoded_at''',
        tg_table_name, is_same_key
    );
    perform set_config('hedge.moves_facts', 'off', true);
    execute format(
        'delete from raw.%1$I as stored using touched'
        ' where stored.tableoid <> ''raw.%1$I''::regclass and %2$s',
        tg_table_name, is_same_key
    );
    return null;
end
$$;

-- Moves facts to the buckets of their clusters: those of wallets whose link has
-- changed, and up to `most` rows of each raw table (null: all) that have come in.
-- Returns how many it has moved. It is atomic, and a fact is in one place before and
-- after it; no change is noted, because none has happened. The hook of a run calls it
-- after it has taken the change notes and before it determines the as-of instant, so
-- that a link of whose note the run has taken has its facts in place. It waits for
-- transactions that write the raw tables concerned, and they for it: an update of a row
-- that is being moved would be lost.
create function app.fill_buckets(most integer default null) returns bigint
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    number constant integer := (select count(*) from app.buckets);
    facts record;
    target integer;
    origin integer;
    moved bigint := 0;
    found bigint;
    addresses text[];
    is_concerned boolean;
begin
    if number = 0 then
        return 0;
    end if;
    -- Two runs that begin at once would move the same rows.
    perform pg_advisory_xact_lock(hashtext('app.buckets'));
    perform set_config('hedge.moves_facts', 'on', true);

    drop table if exists pg_temp.hedge_placed_wallets;
    create temporary table hedge_placed_wallets on commit drop as
    with taken as (
        delete from app.wallets_to_place returning address
    ),
    wallets as (
        select distinct taken.address from taken
    )
    select
        wallets.address,
        coalesce(placed.bucket, app.hash_bucket(wallets.address, number)) as bucket
    from wallets
    left join app.wallet_links as links
        on wallets.address = links.address and links.unlinked_at is null
    left join app.cluster_buckets as placed
        on links.cluster_id = placed.cluster_id;

    for facts in
        select table_name from app.bucket_tables order by table_name
    loop
        execute format('select exists (select from only raw.%I)', facts.table_name)
        into is_concerned;
        if
            is_concerned
            or exists (select from pg_temp.hedge_placed_wallets)
        then
            execute format(
                'lock table only raw.%I in share row exclusive mode', facts.table_name
            );
        end if;
    end loop;

    for target, addresses in
        select wallets.bucket, array_agg(wallets.address)
        from pg_temp.hedge_placed_wallets as wallets
        group by wallets.bucket
    loop
        for facts in
            select table_name, wallet_column from app.bucket_tables order by table_name
        loop
            for origin in
                select bucket from app.buckets where bucket <> target
            loop
                execute format(
                    'with taken as (delete from %1$I.%2$I where %3$I = any($1)'
                    ' returning *) insert into %4$I.%2$I select * from taken',
                    'bucket_' || origin, 'raw_' || facts.table_name,
                    facts.wallet_column, 'bucket_' || target
                ) using addresses;
                get diagnostics found = row_count;
                moved := moved + found;
            end loop;
        end loop;
    end loop;

    for facts in
        select
            tables.table_name,
            tables.wallet_column,
            (
                select string_agg(format('%I', attname), ', ' order by attnum)
                from pg_attribute
                where
                    attrelid = format('raw.%I', tables.table_name)::regclass
                    and attnum > 0
                    and not attisdropped
            ) as columns
        from app.bucket_tables as tables
        order by tables.table_name
    loop
        execute format(
            'with taken as (delete from only raw.%1$I %2$s returning *),'
            ' placed as materialized ('
            'select taken.*, coalesce(known.bucket, app.hash_bucket(taken.%3$I, %4$s))'
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
                        bucket, 'bucket_' || bucket, 'raw_' || facts.table_name,
                        facts.columns
                    ),
                    ''
                )
                from app.buckets
            )
        ) into found;
        moved := moved + found;
    end loop;
    perform set_config('hedge.moves_facts', 'off', true);
    return moved;
end
$$;
revoke execute on function app.fill_buckets(integer) from public;

-- Creates the triggers that note changes of a raw table again: without those that say
-- that a fact was moved to a bucket, or, where there are no buckets, as
-- app.watch_facts does.
create function app.watch_moving_facts(facts regclass, moves boolean) returns void
language plpgsql
as $$
declare
    noted record;
begin
    for noted in
        select tgname, pg_get_triggerdef(oid) as definition
        from pg_trigger
        where tgrelid = facts and tgname in ('note_inserted', 'note_deleted')
    loop
        -- Replacing does not lock readers out.
        noted.definition := replace(
            noted.definition, 'CREATE TRIGGER', 'CREATE OR REPLACE TRIGGER'
        );
        execute case
            when moves then replace(
                noted.definition,
                'FOR EACH STATEMENT EXECUTE',
                'FOR EACH STATEMENT WHEN ('
                'current_setting(''hedge.moves_facts'', true)'
                ' is distinct from ''on'') EXECUTE'
            )
            else regexp_replace(
                noted.definition, 'STATEMENT WHEN .* EXECUTE', 'STATEMENT EXECUTE'
            )
        end;
        execute format('alter table %s enable always trigger %I', facts, noted.tgname);
    end loop;
end
$$;

-- A table of a bucket that inherits from another one, with its keys and indexes and for
-- the same owner and roles.
create function app.create_table_of_bucket(
    parent regclass, bucket_schema text, name text
) returns void
language plpgsql
as $$
declare
    child text := format('%I.%I', bucket_schema, name);
    definition text;
begin
    execute format('create table %s () inherits (%s)', child, parent);
    execute (
        select case
            when reloptions is null then 'select'
            else format(
                'alter table %s set (%s)', child, array_to_string(reloptions, ', ')
            )
        end
        from pg_class
        where oid = parent
    );
    execute (
        select format('alter table %s add %s', child, pg_get_constraintdef(oid))
        from pg_constraint
        where conrelid = parent and contype = 'p'
    );
    for definition in
        select pg_get_indexdef(indexrelid)
        from pg_index
        where indrelid = parent and not indisprimary
    loop
        execute regexp_replace(
            definition, ' ON (ONLY )?[^ ]+ USING ', format(' ON %s USING ', child)
        );
    end loop;
    execute (
        select format('alter table %s owner to %I', child, pg_get_userbyid(relowner))
        from pg_class
        where oid = parent and relowner <> to_regrole(current_user)
        union all
        select 'select'
        limit 1
    );
    execute format(
        'grant select, insert, update, delete on %s to %I',
        child,
        (
            select pg_get_userbyid(nspowner) from pg_namespace
            where nspname = 'analytics'
        )
    );
end
$$;

-- Divides the clusters among so many buckets, with the rows of their marts. The facts
-- follow by app.fill_buckets. `owners` has the column of the wallet by raw table. A
-- cluster that was assigned to one of the buckets keeps it. The caller holds the deploy
-- lock, so that no run writes.
create function app.split_into_buckets(number integer, owners jsonb) returns void
language plpgsql
set client_min_messages = warning
as $$
declare
    facts record;
    mart text;
    wanted integer;
    trigger_of_mart text;
begin
    if exists (select from app.buckets) then
        raise exception 'there are buckets already';
    end if;
    insert into app.buckets (bucket) select generate_series(1, number);
    insert into app.bucket_tables (table_name, wallet_column)
    select owned.key, owned.value from jsonb_each_text(owners) as owned;
    delete from app.cluster_buckets where bucket > number;

    for wanted in select generate_series(1, number) loop
        execute format(
            'create schema %I authorization %I',
            'bucket_' || wanted,
            (
                select pg_get_userbyid(nspowner) from pg_namespace
                where nspname = 'analytics'
            )
        );
        for facts in select table_name from app.bucket_tables loop
            perform app.create_table_of_bucket(
                format('raw.%I', facts.table_name)::regclass,
                'bucket_' || wanted,
                'raw_' || facts.table_name
            );
        end loop;
    end loop;

    foreach mart in array app.bucket_marts() loop
        execute format('lock table analytics.%I in share row exclusive mode', mart);
        for wanted in select generate_series(1, number) loop
            perform app.create_table_of_bucket(
                format('analytics.%I', mart)::regclass, 'bucket_' || wanted, mart
            );
            -- without the triggers of the mart, which would tell of changes
            execute format(
                'insert into %I.%I select kept.* from only analytics.%2$I as kept'
                ' left join app.cluster_buckets as placed'
                ' on kept.cluster_id = placed.cluster_id where'
                ' coalesce(placed.bucket, app.hash_bucket(kept.cluster_id, $1)) = $2',
                'bucket_' || wanted, mart
            ) using number, wanted;
            for trigger_of_mart in
                select pg_get_triggerdef(oid)
                from pg_trigger
                where
                    tgrelid = format('analytics.%I', mart)::regclass
                    and not tgisinternal
            loop
                execute replace(
                    trigger_of_mart,
                    format(' ON analytics.%I ', mart),
                    format(' ON %I.%I ', 'bucket_' || wanted, mart)
                );
            end loop;
            execute format('analyze %I.%I', 'bucket_' || wanted, mart);
        end loop;
        -- It says nothing of clusters that there are.
        execute format('delete from only analytics.%I', mart);
        execute format(
            'create trigger route_to_bucket before insert on analytics.%I'
            ' for each row execute function app.route_to_bucket()',
            mart
        );
    end loop;

    -- Last, because writers of these tables wait from here on. A cluster that comes
    -- while the marts are divided has no bucket of its own until then.
    create trigger place_clusters after insert on app.wallet_clusters
    referencing new table as inserted
    for each statement execute function app.place_clusters();
    create trigger place_new_links after insert on app.wallet_links
    referencing new table as touched
    for each statement execute function app.note_wallets_to_place();
    create trigger place_changed_links after update on app.wallet_links
    referencing new table as touched
    for each statement execute function app.note_wallets_to_place();
    create trigger place_deleted_links after delete on app.wallet_links
    referencing old table as touched
    for each statement execute function app.note_wallets_to_place();
    insert into app.cluster_buckets (cluster_id, bucket)
    select cluster_id, app.hash_bucket(cluster_id, number) from app.wallet_clusters
    on conflict (cluster_id) do nothing;

    for facts in select table_name from app.bucket_tables loop
        perform app.watch_moving_facts(
            format('raw.%I', facts.table_name)::regclass, true
        );
        execute format(
            'create trigger replace_moved_facts after insert on raw.%I'
            ' referencing new table as touched for each statement'
            ' when (current_setting(''hedge.moves_facts'', true)'
            ' is distinct from ''on'')'
            ' execute function app.replace_moved_facts(%s)',
            facts.table_name,
            (
                select string_agg(quote_literal(attname), ', ' order by place)
                from pg_constraint
                cross join unnest(conkey) with ordinality as listed (attnum, place)
                inner join pg_attribute
                    on attrelid = conrelid and pg_attribute.attnum = listed.attnum
                where
                    conrelid = format('raw.%I', facts.table_name)::regclass
                    and contype = 'p'
            )
        );
        execute format(
            'alter table raw.%I enable always trigger replace_moved_facts',
            facts.table_name
        );
    end loop;
end
$$;

-- Takes all facts and rows of marts back out of the buckets and removes these. The
-- assignment of clusters stays. The caller holds the deploy lock.
create function app.join_buckets() returns void
language plpgsql
set client_min_messages = warning
as $$
declare
    place record;
    mart text;
    definitions text[];
    definition text;
begin
    if not exists (select from app.buckets) then
        return;
    end if;
    perform pg_advisory_xact_lock(hashtext('app.buckets'));
    perform set_config('hedge.moves_facts', 'on', true);
    for place in
        select tables.table_name, buckets.bucket
        from app.bucket_tables as tables
        cross join app.buckets
    loop
        -- An update that is in progress would be lost with the table of the bucket.
        execute format(
            'lock table raw.%I in share row exclusive mode', place.table_name
        );
        execute format(
            'insert into raw.%I select * from %I.%I',
            place.table_name, 'bucket_' || place.bucket, 'raw_' || place.table_name
        );
        execute format(
            'drop table %I.%I cascade',
            'bucket_' || place.bucket, 'raw_' || place.table_name
        );
    end loop;
    perform set_config('hedge.moves_facts', 'off', true);
    for place in select table_name from app.bucket_tables loop
        execute format('drop trigger replace_moved_facts on raw.%I', place.table_name);
        perform app.watch_moving_facts(
            format('raw.%I', place.table_name)::regclass, false
        );
    end loop;

    foreach mart in array app.bucket_marts() loop
        execute format('lock table analytics.%I in share row exclusive mode', mart);
        execute format('drop trigger route_to_bucket on analytics.%I', mart);
        -- the triggers would tell of each row as new
        select coalesce(array_agg(pg_get_triggerdef(oid)), '{}')
        into definitions
        from pg_trigger
        where
            tgrelid = format('analytics.%I', mart)::regclass and not tgisinternal;
        execute coalesce(
            (
                select string_agg(
                    format('drop trigger %I on analytics.%I', tgname, mart), '; '
                )
                from pg_trigger
                where
                    tgrelid = format('analytics.%I', mart)::regclass
                    and not tgisinternal
            ),
            'select'
        );
        for place in select bucket from app.buckets loop
            execute format(
                'insert into analytics.%I select * from %I.%1$I',
                mart, 'bucket_' || place.bucket
            );
        end loop;
        foreach definition in array definitions loop
            execute definition;
        end loop;
    end loop;
    for place in select bucket from app.buckets loop
        execute format('drop schema %I cascade', 'bucket_' || place.bucket);
    end loop;

    drop trigger place_clusters on app.wallet_clusters;
    drop trigger place_new_links on app.wallet_links;
    drop trigger place_changed_links on app.wallet_links;
    drop trigger place_deleted_links on app.wallet_links;
    delete from app.wallets_to_place;
    delete from app.bucket_tables;
    delete from app.buckets;
end
$$;
