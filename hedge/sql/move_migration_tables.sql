-- Creates the schema of the tables of yoyo-migrations where it is missing, and moves
-- tables there that an earlier version of Hedge has made on its search path. Those of
-- another program that uses yoyo-migrations stay.
do $$
declare
    found record;
begin
    if to_regnamespace('hedge_migrations') is null then
        create schema hedge_migrations;
    end if;
    if to_regclass('_yoyo_migration') is null
        or to_regclass('hedge_migrations._yoyo_migration') is not null
    then
        return;
    end if;
    if not exists (select from _yoyo_migration where migration_id = '0001-raw-tables') then
        return;
    end if;
    for found in
        select oid::regclass as moved
        from pg_class
        where
            relname in ('_yoyo_log', '_yoyo_migration', '_yoyo_version', 'yoyo_lock')
            and pg_table_is_visible(oid)
    loop
        execute format('alter table %s set schema hedge_migrations', found.moved);
    end loop;
end $$
