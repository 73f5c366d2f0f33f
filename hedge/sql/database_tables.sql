-- Whether the database has the tables of Hedge, and the list of its migrations.
select
    to_regclass('app.etl_runs') is not null as has_tables,
    to_regclass('hedge_migrations._yoyo_migration') is not null as has_list
