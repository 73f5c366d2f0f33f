-- The statements that grant what roles lack, by what they are for, in the order in
-- which they are to be executed. `may` says whether the current role may execute one,
-- `what` says it in words. What is inherited, or granted to everybody, is not lacking.
with recursive

roles as (

    select
        given.purpose,
        known.rolname,
        known.oid as role_id
    from
        unnest(%(purposes)s::text[], %(roles)s::text[])
            as given (purpose, role_name)
    inner join pg_roles as known on given.role_name = known.rolname

),

callers as (

    select
        own.rolsuper,
        own.rolcreaterole,
        pg_has_role(catalogs.datdba, 'usage') as owns_database
    from pg_roles as own
    inner join pg_database as catalogs on catalogs.datname = current_catalog
    where own.rolname = current_user

),

-- The role that migrates can change what the role that runs has made.
memberships as (

    select
        1 as step,
        runs.rolname as privilege,
        migrates.rolname,
        format('is a member of %%s', runs.rolname) as what,
        format('grant %%I to %%I', runs.rolname, migrates.rolname) as command,
        callers.rolsuper or callers.rolcreaterole as may
    from roles as runs
    cross join roles as migrates
    cross join callers
    where
        runs.purpose = 'run'
        and migrates.purpose = 'migrate'
        and not pg_has_role(migrates.role_id, runs.role_id, 'usage')

),

-- Who has died is told by the sessions there are, which roles hide from each other.
of_sessions as (

    select
        2 as step,
        '' as privilege,
        roles.rolname,
        'sees the sessions of other roles' as what,
        format('grant pg_read_all_stats to %%I', roles.rolname) as command,
        callers.rolsuper as may
    from roles
    cross join callers
    where
        roles.purpose in ('migrate', 'run', 'serve')
        and not pg_has_role(roles.role_id, 'pg_read_all_stats', 'usage')

),

of_the_database as (

    select
        3 as step,
        wanted.privilege,
        roles.rolname,
        format('%%s on the database %%s', wanted.privilege, current_catalog) as what,
        format(
            'grant %%s on database %%I to %%I',
            wanted.privilege, current_catalog, roles.rolname
        ) as command,
        callers.owns_database as may
    from roles
    cross join callers
    inner join (
        values
        ('migrate', 'connect'), ('migrate', 'create'), ('migrate', 'temporary'),
        -- previews, deploys and environments are made in schemas of their own
        ('run', 'connect'), ('run', 'create'), ('run', 'temporary'),
        ('serve', 'connect'), ('serve', 'temporary'),
        ('load', 'connect'), ('load', 'temporary'),
        ('read', 'connect')
    ) as wanted (purpose, privilege) on roles.purpose = wanted.purpose
    where
        -- What everybody may, administrators often revoke.
        not exists (
            select from pg_database as catalogs
            cross join aclexplode(catalogs.datacl) as given
            where
                catalogs.datname = current_catalog
                and given.privilege_type = upper(wanted.privilege)
                and given.grantee <> 0
                and pg_has_role(roles.role_id, given.grantee, 'usage')
        )

),

of_schemas as (

    select
        4 as step,
        'usage' as privilege,
        roles.rolname,
        format('usage on the schema %%s', namespaces.nspname) as what,
        format(
            'grant usage on schema %%I to %%I', namespaces.nspname, roles.rolname
        ) as command,
        pg_has_role(namespaces.nspowner, 'usage') as may
    from roles
    inner join (
        values
        ('run', 'raw'), ('run', 'app'), ('run', 'procrastinate'),
        ('run', 'hedge_migrations'),
        ('serve', 'raw'), ('serve', 'app'), ('serve', 'analytics'),
        ('serve', 'procrastinate'), ('serve', 'hedge_migrations'),
        ('load', 'raw'), ('load', 'app'), ('load', 'hedge_migrations'),
        ('read', 'app'), ('read', 'analytics'), ('read', 'hedge_migrations'),
        ('read', 'raw')
    ) as wanted (purpose, schema_name) on roles.purpose = wanted.purpose
    inner join pg_namespace as namespaces on wanted.schema_name = namespaces.nspname
    where not has_schema_privilege(roles.role_id, namespaces.oid, 'usage')

),

-- Without a name, every relation of the schema is meant.
wanted_of_relations (purpose, schema_name, name, words) as (

    values
    ('run', 'raw', null, '{select,insert,update,delete,references}'::text[]),
    ('run', 'app', null, '{select,insert,update,delete,references}'),
    ('run', 'procrastinate', null, '{select,insert,update,delete}'),
    ('run', 'hedge_migrations', null, '{select}'),

    ('serve', 'app', null, '{select,insert,update,delete}'),
    ('serve', 'procrastinate', null, '{select,insert,update,delete}'),
    ('serve', 'hedge_migrations', null, '{select}'),
    ('serve', 'raw', null, '{select}'),
    ('serve', 'analytics', null, '{select}'),
    -- what is deleted with an account
    ('serve', 'analytics', 'progress_history', '{delete}'),
    ('serve', 'raw', 'discord_interactions', '{delete}'),
    ('serve', 'raw', 'rejected_rows', '{update}'),
    ('serve', 'raw', 'removed_facts', '{update}'),

    ('load', 'raw', null, '{select,insert,update,delete}'),
    ('load', 'app', 'watched_tables', '{select}'),
    ('load', 'app', 'bucket_tables', '{select}'),
    ('load', 'app', 'chain_decoders', '{select}'),
    ('load', 'app', 'fact_tables', '{select}'),
    ('load', 'app', 'database_roles', '{select}'),
    ('load', 'hedge_migrations', '_yoyo_migration', '{select}'),

    -- what the public routes and pages, /readyz and /metrics read
    ('read', 'raw', 'chain_blocks', '{select}'),
    ('read', 'raw', 'undecoded_logs', '{select}'),
    ('read', 'hedge_migrations', '_yoyo_migration', '{select}'),
    ('read', 'app', 'backups', '{select}'),
    ('read', 'app', 'board_ordering_keys', '{select}'),
    ('read', 'app', 'chain_cursors', '{select}'),
    ('read', 'app', 'chain_followers', '{select}'),
    ('read', 'app', 'chain_gaps', '{select}'),
    ('read', 'app', 'chain_reorganizations', '{select}'),
    ('read', 'app', 'cluster_buckets', '{select}'),
    ('read', 'app', 'completeness', '{select}'),
    ('read', 'app', 'counted_progress', '{select}'),
    ('read', 'app', 'data_test_results', '{select}'),
    ('read', 'app', 'database_roles', '{select}'),
    ('read', 'app', 'deployed_projects', '{select}'),
    ('read', 'app', 'etl_requests', '{select}'),
    ('read', 'app', 'etl_runs', '{select}'),
    ('read', 'app', 'events', '{select}'),
    ('read', 'app', 'final_standings', '{select}'),
    ('read', 'app', 'last_good_runs', '{select}'),
    ('read', 'app', 'latest_board_runs', '{select}'),
    ('read', 'app', 'latest_runs_of_periods', '{select}'),
    ('read', 'app', 'leaderboard_defs', '{select}'),
    ('read', 'app', 'leaderboard_runs', '{select}'),
    ('read', 'app', 'living_workers', '{select}'),
    ('read', 'app', 'loaded_days', '{select}'),
    ('read', 'app', 'made_up_world', '{select}'),
    ('read', 'app', 'metric_source_tables', '{select}'),
    ('read', 'app', 'names_of_players', '{select}'),
    ('read', 'app', 'past_ends', '{select}'),
    ('read', 'app', 'pending_counts', '{select}'),
    ('read', 'app', 'pruned_events', '{select}'),
    ('read', 'app', 'public_boards', '{select}'),
    ('read', 'app', 'public_seasons', '{select}'),
    ('read', 'app', 'reward_definitions', '{select}'),
    ('read', 'app', 'season_challenge_weights', '{select}'),
    ('read', 'app', 'seasons', '{select}'),
    ('read', 'app', 'shown_names', '{select}'),
    ('read', 'app', 'stale_board_runs', '{select}'),
    ('read', 'app', 'tier_rarity', '{select}'),
    ('read', 'app', 'undecoded_spans', '{select}'),
    ('read', 'app', 'value_counts', '{select}'),
    ('read', 'app', 'verified', '{select}'),
    ('read', 'app', 'wallet_clusters', '{select}'),
    ('read', 'app', 'wallet_links', '{select}'),
    ('read', 'app', 'watched_tables', '{select}'),
    ('read', 'analytics', 'categories', '{select}'),
    ('read', 'analytics', 'challenge_progress', '{select}'),
    ('read', 'analytics', 'challenge_tiers', '{select}'),
    ('read', 'analytics', 'chain_calls', '{select}'),
    ('read', 'analytics', 'chain_fact_columns', '{select}'),
    ('read', 'analytics', 'chains', '{select}'),
    ('read', 'analytics', 'challenges', '{select}'),
    ('read', 'analytics', 'cluster_metrics', '{select}'),
    ('read', 'analytics', 'leaderboard_entries', '{select}'),
    ('read', 'analytics', 'metric_evidence', '{select}'),
    ('read', 'analytics', 'metric_results', '{select}'),
    ('read', 'analytics', 'metric_inputs', '{select}'),
    ('read', 'analytics', 'metric_tables', '{select}'),
    ('read', 'analytics', 'metrics', '{select}'),
    ('read', 'analytics', 'metrics_with_evidence', '{select}'),
    ('read', 'analytics', 'player_actions', '{select}'),
    ('read', 'analytics', 'progress_history', '{select}'),
    ('read', 'analytics', 'season_levels', '{select}'),
    ('read', 'analytics', 'season_progress', '{select}'),
    ('read', 'analytics', 'supporting_facts', '{select}'),
    ('read', 'analytics', 'tier_unlocks', '{select}')

),

-- Relations that are read by a view, directly or through others and functions. A view
-- is read with the rights of its owner, but a function that it calls with those of the
-- reader, who so needs them on the view of which the function returns the rows.
read_by_views as (

    select
        wanted.purpose,
        relations.oid as relation_id,
        false as is_through_a_function
    from wanted_of_relations as wanted
    inner join pg_class as relations
        on
            wanted.name = relations.relname
            and relations.relnamespace = to_regnamespace('analytics')
    where wanted.purpose = 'read' and wanted.schema_name = 'analytics'

    union

    select
        readers.purpose,
        coalesce(results.typrelid, uses.refobjid) as relation_id,
        results.oid is not null as is_through_a_function
    from read_by_views as readers
    inner join pg_rewrite as rules on readers.relation_id = rules.ev_class
    inner join pg_depend as uses
        on
            rules.oid = uses.objid
            and uses.classid = 'pg_rewrite'::regclass
            and uses.refclassid in ('pg_class'::regclass, 'pg_proc'::regclass)
    left join pg_proc as procs
        on uses.refclassid = 'pg_proc'::regclass and uses.refobjid = procs.oid
    left join pg_type as results
        on procs.prorettype = results.oid and results.typrelid <> 0
    where uses.refclassid = 'pg_class'::regclass or results.oid is not null

),

wanted_with_functions as (

    select * from wanted_of_relations

    union

    select
        found.purpose,
        'analytics' as schema_name,
        behind.relname as name,
        '{select}' as words
    from read_by_views as found
    inner join pg_class as behind on found.relation_id = behind.oid
    where found.is_through_a_function

),

lacking_on_relations as (

    select
        roles.rolname,
        relations.oid as relation_id,
        namespaces.nspname,
        relations.relowner,
        string_agg(distinct privilege.name, ', ') as words
    from roles
    inner join wanted_with_functions as wanted on roles.purpose = wanted.purpose
    inner join pg_namespace as namespaces on wanted.schema_name = namespaces.nspname
    inner join pg_class as relations
        on
            namespaces.oid = relations.relnamespace
            and (wanted.name is null or wanted.name = relations.relname)
            and relations.relkind in ('r', 'p', 'v', 'm')
    cross join unnest(wanted.words) as privilege (name)
    where
        not has_table_privilege(roles.role_id, relations.oid, privilege.name)
        -- A partition is read and written through its table, and one that is detached
        -- belongs to whoever attaches it again.
        and not relations.relispartition
        and (namespaces.nspname <> 'raw' or relations.relname !~ '^chain_logs_[0-9]')
        -- a view of somebody else is no matter of ours
        and (
            namespaces.nspname <> 'analytics'
            or relations.relowner = namespaces.nspowner
        )
    group by
        roles.rolname, relations.oid, namespaces.nspname, relations.relowner

),

of_relations as (

    select
        5 as step,
        lacking.words,
        '' as keyword,
        'tables and views' as kind,
        lacking.rolname,
        lacking.nspname,
        array_agg(
            lacking.relation_id::regclass::text
            order by lacking.relation_id::regclass::text
        ) as listed,
        pg_has_role(lacking.relowner, 'usage') as may
    from lacking_on_relations as lacking
    group by
        lacking.words, lacking.rolname, lacking.nspname, lacking.relowner

),

-- Discord accounts of players, and the text of rejected rows, are read by no public
-- route.
of_columns as (

    select
        6 as step,
        columns.attname::text as privilege,
        roles.rolname,
        format(
            'select on the column %%s of %%s.%%s',
            columns.attname, wanted.schema_name, wanted.table_name
        ) as what,
        format(
            'grant select (%%I) on %%I.%%I to %%I',
            columns.attname, wanted.schema_name, wanted.table_name, roles.rolname
        ) as command,
        pg_has_role(relations.relowner, 'usage') as may
    from roles
    cross join (
        values
        ('app', 'players', 'player_id'), ('app', 'players', 'display_name'),
        ('app', 'players', 'show_on_boards'), ('app', 'players', 'show_wallets'),
        ('app', 'players', 'merged_into'),
        ('raw', 'rejected_rows', 'table_name'), ('raw', 'rejected_rows', 'rejected_at')
    ) as wanted (schema_name, table_name, column_name)
    inner join pg_namespace as namespaces on wanted.schema_name = namespaces.nspname
    inner join pg_class as relations
        on
            namespaces.oid = relations.relnamespace
            and wanted.table_name = relations.relname
    inner join pg_attribute as columns
        on
            relations.oid = columns.attrelid
            and wanted.column_name = columns.attname
    where
        roles.purpose = 'read'
        and not has_column_privilege(
            roles.role_id, relations.oid, columns.attnum, 'select'
        )

),

of_sequences as (

    select
        7 as step,
        'usage, select' as words,
        'sequence ' as keyword,
        'sequences' as kind,
        roles.rolname,
        namespaces.nspname,
        array_agg(
            relations.oid::regclass::text order by relations.oid::regclass::text
        ) as listed,
        bool_and(pg_has_role(relations.relowner, 'usage')) as may
    from roles
    inner join (
        values
        ('run', 'raw'), ('run', 'app'), ('run', 'procrastinate'),
        ('run', 'hedge_migrations'),
        ('serve', 'app'), ('serve', 'procrastinate')
    ) as wanted (purpose, schema_name) on roles.purpose = wanted.purpose
    inner join pg_namespace as namespaces on wanted.schema_name = namespaces.nspname
    inner join pg_class as relations
        on namespaces.oid = relations.relnamespace and relations.relkind = 'S'
    where
        not has_sequence_privilege(roles.role_id, relations.oid, 'usage')
        or not has_sequence_privilege(roles.role_id, relations.oid, 'select')
    group by roles.rolname, namespaces.nspname

),

-- Functions are everybody's, unless somebody has changed that: they are executed with
-- the rights of whoever calls them. Security definers, which change raw tables or read
-- logs with the rights of their owner, are those of the roles that need them.
of_functions as (

    select
        8 as step,
        'execute' as words,
        'function ' as keyword,
        'functions' as kind,
        roles.rolname,
        namespaces.nspname,
        array_agg(
            procs.oid::regprocedure::text order by procs.oid::regprocedure::text
        ) as listed,
        bool_and(pg_has_role(procs.proowner, 'usage')) as may
    from roles
    inner join (
        values
        ('run', 'raw'), ('run', 'app'), ('run', 'procrastinate'),
        ('serve', 'app'), ('serve', 'analytics'), ('serve', 'procrastinate'),
        ('load', 'app'),
        ('read', 'app'), ('read', 'analytics')
    ) as wanted (purpose, schema_name) on roles.purpose = wanted.purpose
    inner join pg_namespace as namespaces on wanted.schema_name = namespaces.nspname
    inner join pg_proc as procs on namespaces.oid = procs.pronamespace
    where
        not has_function_privilege(roles.role_id, procs.oid, 'execute')
        and case
            when procs.prosecdef
                then
                    roles.purpose = 'run'
                    and procs.proname in (
                        'watch_facts', 'watch_left_out_versions', 'fill_buckets',
                        'copy_facts', 'follow_planned_exclusions',
                        'attach_log_partition', 'detach_log_partition'
                    )
                    or roles.purpose in ('run', 'load')
                    and procs.proname = 'create_log_partitions'
                    or roles.purpose in ('run', 'serve', 'read')
                    and procs.proname in ('calls_of_facts', 'logs_of_fact')
            else procs.prorettype <> 'trigger'::regtype
        end
        and (
            namespaces.nspname <> 'analytics'
            or procs.proowner = namespaces.nspowner
        )
    group by roles.rolname, namespaces.nspname

),

-- What is granted on several at once, of which up to three are named in words.
of_several as (

    select
        several.step,
        several.words as privilege,
        several.rolname,
        format(
            '%%s on %%s', several.words,
            case
                when cardinality(several.listed) > 3
                    then
                        format(
                            '%%s %%s of %%s', cardinality(several.listed),
                            several.kind, several.nspname
                        )
                else array_to_string(several.listed, ', ')
            end
        ) as what,
        format(
            'grant %%s on %%s%%s to %%I', several.words, several.keyword,
            array_to_string(several.listed, ', '), several.rolname
        ) as command,
        several.may
    from (
        select * from of_relations
        union all
        select * from of_sequences
        union all
        select * from of_functions
    ) as several

)

select
    changes.rolname as role_name,
    changes.what,
    changes.command,
    changes.may
from (
    select * from memberships
    union all
    select * from of_sessions
    union all
    select * from of_the_database
    union all
    select * from of_schemas
    union all
    select * from of_columns
    union all
    select * from of_several
) as changes
order by changes.step, changes.rolname, changes.command
