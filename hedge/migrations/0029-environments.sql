-- depends: 0023-deployed-projects

-- Environments: schemas in which people build what they edit, beside the live schema
-- analytics. The environment NAME has its views and marts in the schema NAME, and its
-- run ledger and board runs in NAME_app. Facts, clusters, boards and seasons are those
-- of raw and app.

-- Creates the schemas of an environment and its tables where they are missing, and
-- records who uses it and when. dbt has created the empty schema NAME before.
create function app.use_environment(environment text, used_by text) returns void
language plpgsql
as $$
declare
    ledger text := environment || '_app';
    shared text;
    lacking text;
begin
    if environment !~ '^[a-z][a-z0-9_]{0,50}$' then
        raise exception
        'the schema "%" is no name of an environment: it has up to 51 lower-case letters, '
        'digits and _, and begins with a letter (schema in profiles.yml)', environment;
    elsif
        environment in (
            'analytics', 'app', 'raw', 'public', 'procrastinate', 'information_schema'
        )
        or environment ~ '^pg_|_app$|^preview_[0-9]|^hedge_deploy'
    then
        raise exception
        'the schema "%" has another use: choose another name for the environment '
        '(schema in profiles.yml)', environment;
    elsif
        to_regnamespace(ledger) is not null
        and not has_schema_privilege(ledger, 'usage')
    then
        raise exception
        'the environment % belongs to the role %: choose another name '
        '(schema in profiles.yml)',
        environment, (
            select pg_get_userbyid(nspowner) from pg_namespace where nspname = ledger
        );
    end if;

    perform pg_advisory_xact_lock(hashtext('app.use_environment'));
    if to_regclass(format('%I.environment', ledger)) is null then
        if
            to_regnamespace(ledger) is not null
            or exists (
                select from pg_class
                where relnamespace = to_regnamespace(environment)
            )
        then
            raise exception
            'the schema "%" was not made as an environment and is not empty: drop it, or '
            'choose another name for the environment (schema in profiles.yml)',
            environment;
        end if;
        execute format('create schema if not exists %I', environment);
        execute format('create schema %I', ledger);
        foreach shared in array array[
            'etl_runs', 'leaderboard_runs', 'change_notes', 'cluster_corrections'
        ] loop
            execute format(
                'create table %I.%I (like app.%2$I including all)', ledger, shared
            );
        end loop;
        -- No view of the live schema takes a run of an environment for a live one.
        execute format(
            'alter table %1$I.etl_runs alter run_id restart with 1000000000001;'
            'alter table %1$I.leaderboard_runs alter id restart with 1000000000001',
            ledger
        );
        execute format(
            'create table %I.environment ('
            'is_only boolean primary key default true check (is_only),'
            'owner text not null,'
            'created_at timestamptz not null default now(),'
            'last_used_at timestamptz not null)',
            ledger
        );
    end if;

    select string_agg(format('%s.%s', live.relname, columns.attname), ', ')
    into lacking
    from pg_class as own
    inner join pg_class as live
        on own.relname = live.relname and live.relnamespace = 'app'::regnamespace
    inner join pg_attribute as columns on live.oid = columns.attrelid
    where
        own.relnamespace = to_regnamespace(ledger)
        and own.relkind = 'r'
        and columns.attnum > 0
        and not columns.attisdropped
        and not exists (
            select from pg_attribute as own_columns
            where
                own_columns.attrelid = own.oid
                and own_columns.attname = columns.attname
                and not own_columns.attisdropped
        );
    if lacking is not null then
        raise exception
        'the environment % is older than the tables of app (it lacks %): hedge env drop '
        '% drops it, and the next build creates it again',
        environment, lacking, environment;
    end if;

    execute format(
        'insert into %I.environment (owner, last_used_at) values ($1, clock_timestamp())'
        ' on conflict (is_only) do update set last_used_at = excluded.last_used_at',
        ledger
    ) using used_by;
end
$$;

-- The environments of this database whose ledger the role may read. `clusters` is how
-- many the newest run of each had in its scope, null for every cluster.
create function app.environments()
returns table (
    name text,
    owner text,
    created_at timestamptz,
    last_used_at timestamptz,
    clusters integer
)
language plpgsql stable
as $$
declare
    ledger text;
begin
    for ledger in
        select namespaces.nspname
        from pg_namespace as namespaces
        inner join pg_class as relations on namespaces.oid = relations.relnamespace
        where
            namespaces.nspname like '%\_app'
            and relations.relname = 'environment'
            and relations.relkind = 'r'
            and has_schema_privilege(namespaces.oid, 'usage')
            and has_table_privilege(relations.oid, 'select')
        order by 1
    loop
        return query execute format(
            'select %L, owner, created_at, last_used_at,'
            ' (select scope_size from %I.etl_runs order by run_id desc limit 1)'
            ' from %2$I.environment',
            left(ledger, -4), ledger
        );
    end loop;
end
$$;
