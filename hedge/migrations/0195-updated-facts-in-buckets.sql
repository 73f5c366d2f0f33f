-- depends: 0192-verified-without-buckets

-- Where clusters are divided, a fact whose wallet is changed by an update stayed in the
-- bucket of the former wallet, and the cluster of the new one did not count it. The
-- wallets that facts get are noted, as those whose link changes are, and the next run
-- moves their facts (app.fill_buckets).

-- Notes the wallets that updated facts have got. The arguments are the column of the
-- wallet and those of the key.
create function app.place_updated_facts() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    execute format(
        'insert into app.wallets_to_place (address) select distinct touched.%1$I'
        ' from touched where not exists (select from removed where %2$s)',
        tg_argv[0],
        (
            select string_agg(format('removed.%1$I = touched.%1$I', name), ' and ')
            from unnest(tg_argv) as name
        )
    );
    return null;
end
$$;
revoke execute on function app.place_updated_facts() from public;
comment on function app.place_updated_facts() is
'Notes wallets to which updates have given facts that are in buckets';

-- Creates the triggers that note changes of a raw table again: without those that say
-- that a fact was moved to a bucket, and with one that notes the wallets of updated
-- facts, or, where there are no buckets, as app.watch_facts does.
create or replace function app.watch_moving_facts(facts regclass, moves boolean)
returns void
language plpgsql
as $$
declare
    noted record;
    arguments text;
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
    if not moves then
        execute format('drop trigger if exists place_updated_facts on %s', facts);
        return;
    end if;
    select string_agg(quote_literal(name), ', ' order by place)
    into arguments
    from (
        select 0 as place, wallet_column as name
        from app.bucket_tables
        where format('raw.%I', table_name)::regclass = facts
        union all
        select listed.place, attname
        from pg_constraint
        cross join unnest(conkey) with ordinality as listed (attnum, place)
        inner join pg_attribute
            on attrelid = conrelid and pg_attribute.attnum = listed.attnum
        where conrelid = facts and contype = 'p'
    ) as columns;
    execute format(
        'create or replace trigger place_updated_facts after update on %s'
        ' referencing old table as removed new table as touched'
        ' for each statement execute function app.place_updated_facts(%s)',
        facts, arguments
    );
    execute format('alter table %s enable always trigger place_updated_facts', facts);
end
$$;

-- A database that is divided gets the trigger now.
select app.watch_moving_facts(format('raw.%I', table_name)::regclass, true)
from app.bucket_tables;
