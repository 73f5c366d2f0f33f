-- depends: 0005-service

-- The same rule for addresses, checked in an eighth of the time: a counted repeat is
-- what PostgreSQL's regular expressions are slow at, and it was most of what a load
-- cost.

do $$
declare
    rule record;
begin
    for rule in
        select
            checks.conrelid::regclass as table_name,
            checks.conname as name,
            columns.attname as column_name
        from pg_constraint as checks
        inner join pg_attribute as columns
            on
                checks.conrelid = columns.attrelid
                and checks.conkey[1] = columns.attnum
        where
            checks.contype = 'c'
            and checks.connamespace in ('raw'::regnamespace, 'app'::regnamespace)
            and pg_get_constraintdef(checks.oid) like '%~ ''^0x[0-9a-f]{40}$''%'
    loop
        execute format(
            'alter table %s drop constraint %I, add constraint %I'
            ' check (%I ~ ''^0x[0-9a-f]*$'' and octet_length(%I) = 42)',
            rule.table_name, rule.name, rule.name, rule.column_name, rule.column_name
        );
    end loop;
end
$$;
