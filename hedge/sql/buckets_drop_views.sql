-- Drops the views of the schema BUCKET, and with them their functions.
do $$
declare
    dropped text;
begin
    for dropped in
        select format('drop view if exists %I.%I cascade', 'BUCKET', views.relname)
        from pg_class as views
        where views.relnamespace = 'BUCKET'::regnamespace and views.relkind = 'v'
    loop
        execute dropped;
    end loop;
end
$$
