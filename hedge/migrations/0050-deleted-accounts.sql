-- depends: 0049-describe-shown-wallets

-- A deleted account leaves nothing. The deletion of its cluster deletes what the tables
-- of the service hold of it and requests a run, and the run removes the rows of the
-- cluster from the schema of the marts (app.remove_deleted_clusters).

-- How many entries of the run were removed with deleted accounts. The ranks of the
-- others and row_count stay as they were published.
alter table app.leaderboard_runs
add column removed_entries integer not null default 0;
comment on column app.leaderboard_runs.removed_entries is
'How many entries were removed with deleted accounts';

-- A link that is deleted while its cluster stays is a wallet that is unlinked.
create or replace function app.request_runs_of_links() returns trigger
language plpgsql
as $$
begin
    if tg_op = 'INSERT' then
        insert into app.etl_requests (cluster_id, reason, caused_by)
        select distinct cluster_id, 'wallet linked',
            nullif(current_setting('hedge.request_id', true), '')
        from new_links
        where unlinked_at is null;
    elsif tg_op = 'UPDATE' then
        insert into app.etl_requests (cluster_id, reason, caused_by)
        select distinct new_links.cluster_id, 'wallet unlinked',
            nullif(current_setting('hedge.request_id', true), '')
        from new_links
        inner join old_links on new_links.link_id = old_links.link_id
        where new_links.unlinked_at is distinct from old_links.unlinked_at;
    else
        insert into app.etl_requests (cluster_id, reason, caused_by)
        select distinct old_links.cluster_id, 'wallet unlinked',
            nullif(current_setting('hedge.request_id', true), '')
        from old_links
        inner join app.wallet_clusters as clusters
            on old_links.cluster_id = clusters.cluster_id;
    end if;
    return null;
end
$$;

-- A sentence without the name of a cluster; longer names that contain it stay.
create function app.without_cluster(sentence text, cluster_id text) returns text
language sql immutable parallel safe
return regexp_replace(
    sentence,
    '(?<![A-Za-z0-9_.-])' || replace(cluster_id, '.', '\.') || '(?![A-Za-z0-9_-])',
    'that was deleted',
    'g'
);

-- A cluster has rows in marts as soon as a run has computed it, also where it never had
-- a link, so that the deletion of the cluster itself requests the run.
create function app.forget_clusters() returns trigger
language plpgsql
as $$
begin
    delete from app.wallet_moves
    using deleted_clusters
    where wallet_moves.cluster_id = deleted_clusters.cluster_id;
    delete from app.cluster_corrections
    using deleted_clusters
    where cluster_corrections.cluster_id = deleted_clusters.cluster_id;
    -- errors name the clusters that could not be computed
    update app.etl_runs
    set error = app.without_cluster(error, deleted_clusters.cluster_id)
    from deleted_clusters
    where strpos(etl_runs.error, deleted_clusters.cluster_id) > 0;
    update app.leaderboard_runs
    set error = app.without_cluster(error, deleted_clusters.cluster_id)
    from deleted_clusters
    where strpos(leaderboard_runs.error, deleted_clusters.cluster_id) > 0;
    insert into app.etl_requests (cluster_id, reason, caused_by)
    select cluster_id, 'account deleted',
        nullif(current_setting('hedge.request_id', true), '')
    from deleted_clusters;
    return null;
end
$$;
create trigger forget_deleted_clusters after delete on app.wallet_clusters
referencing old table as deleted_clusters
for each statement execute function app.forget_clusters();

-- Removes the rows of clusters that do not exist from every table of a schema that has
-- a column cluster_id, whatever their instant is: each run calls it at its end for what
-- it has computed (macros/runs/finish_run.sql). `clusters` is the scope of the run,
-- null for every cluster; with `tables`, only those are looked at.
--
-- The tables are those that the schema has, so that a new mart needs no entry here.
-- Rows are locked in the order of the primary key, as by every other write of a mart.
--
-- Board runs count the entries that they lose.
--
-- A run for some clusters serves the request that a deletion has made, and deletes the
-- change notes that name the cluster, too: no run has to remove its rows again. Where
-- another run is in progress, which may have begun before the deletion, they stay for
-- the next run over all changes.
create function app.remove_deleted_clusters(
    marts_schema text, clusters text[], tables text[] default null
) returns void
language plpgsql
as $$
declare
    deleted text[] := array(
        select scope.cluster_id
        from unnest(clusters) as scope (cluster_id)
        where not exists (
            select from app.wallet_clusters as existing
            where existing.cluster_id = scope.cluster_id
        )
    );
    condition text := case
        when clusters is null then
            'not exists (select from app.wallet_clusters as clusters'
            ' where clusters.cluster_id = existing.cluster_id)'
        else 'existing.cluster_id = any($1)'
    end;
    mart record;
    has_some boolean;
begin
    if clusters is not null and cardinality(deleted) = 0 then
        return;
    end if;

    for mart in
        select
            relations.relname,
            format('%I.%I', marts_schema, relations.relname) as relation,
            string_agg(format('existing.%I', columns.attname), ', ' order by keys.place)
                as key,
            string_agg(
                format('existing.%1$I = gone.%1$I', columns.attname), ' and '
            ) as is_same
        from pg_class as relations
        inner join pg_index as indexes
            on relations.oid = indexes.indrelid and indexes.indisprimary
        cross join
            lateral unnest(indexes.indkey) with ordinality as keys (attnum, place)
        inner join pg_attribute as columns
            on relations.oid = columns.attrelid and keys.attnum = columns.attnum
        where
            relations.relnamespace = to_regnamespace(marts_schema)
            and relations.relkind = 'r'
            and coalesce(relations.relname = any(tables), true)
            and exists (
                select from pg_attribute as named
                where
                    named.attrelid = relations.oid
                    and named.attname = 'cluster_id'
                    and not named.attisdropped
            )
        group by relations.relname
        order by relations.relname
    loop
        -- Mostly there are none, and a run must not wait for whoever writes another mart.
        execute format(
            'select exists (select from %s as existing where %s)', mart.relation, condition
        ) into has_some using deleted;
        continue when not has_some;

        execute format(
            'with gone as ('
            ' select %2$s from %1$s as existing where %3$s order by %2$s for update'
            '), removed as ('
            ' delete from %1$s as existing using gone where %4$s returning existing.*'
            ') ' || case
                when mart.relname = 'leaderboard_entries'
                    then
                        'update %5$I.leaderboard_runs as runs'
                        ' set removed_entries = runs.removed_entries + counted.entries'
                        ' from ('
                        ' select removed.run_id, count(*) as entries'
                        ' from removed group by removed.run_id'
                        ' ) as counted where runs.id = counted.run_id'
                else 'select count(*) from removed'
            end,
            mart.relation,
            mart.key,
            condition,
            mart.is_same,
            case marts_schema when 'analytics' then 'app' else marts_schema || '_app' end
        ) using deleted;
    end loop;

    if
        marts_schema = 'analytics'
        and clusters is not null
        and not exists (select from app.etl_runs where state = 'RUNNING')
    then
        perform pg_advisory_xact_lock(hashtext('app.change_notes'));
        delete from app.change_notes where kind = 'cluster' and key = any(deleted);
    end if;
end
$$;

comment on column app.players.show_wallets is
'Whether everybody may see the wallets of the player: a search for a whole address '
'finds the player, and explanations name wallets and transactions';
