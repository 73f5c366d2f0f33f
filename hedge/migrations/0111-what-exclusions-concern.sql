-- depends: 0110-rewards-at-once

-- An exclusion makes stale what it can concern, facts of Discord accounts are told to
-- their player, and a derived metric falls with what it rests on.

-- A deploy says on which sources a derived metric rests (models/progress/tier_unlocks).
drop function app.is_excluded_from_metric(text, text, text);
-- Whether an exclusion takes something of a metric from a cluster now: `input_sources`
-- are the metric sources that a derived one rests on, null where nobody says which.
create function app.is_excluded_from_metric(
    cluster_id text, metric_source text, metric_key text,
    input_sources text[] default '{}'
) returns boolean
language sql stable parallel safe security definer
set search_path to pg_catalog, pg_temp
as $$
    select exists (
        select from app.valid_exclusions as valid
        where
            valid.cluster_id = is_excluded_from_metric.cluster_id
            and num_nonnulls(valid.board_key, valid.season_id) = 0
            and (
                valid.metric_source is null
                -- a derived metric falls with what it is derived from
                or is_excluded_from_metric.input_sources is null
                or valid.metric_source
                = any(is_excluded_from_metric.input_sources)
                or (valid.metric_source, valid.metric_key)
                = (
                    is_excluded_from_metric.metric_source,
                    is_excluded_from_metric.metric_key
                )
            )
    )
    or exists (
        select from app.valid_exclusions as valid
        inner join app.wallet_links as links on valid.wallet_address = links.address
        where
            links.cluster_id = is_excluded_from_metric.cluster_id
            and links.unlinked_at is null
    )
$$;
comment on function app.is_excluded_from_metric(text, text, text, text[]) is
'Whether an exclusion takes something of a metric from a cluster at the as-of instant';

-- The clusters that an exclusion of a cluster or of a wallet concerns: the account that
-- it counts for, and those that were merged into it, under whose ids boards were
-- published.
create function app.clusters_of_exclusion(excluded app.exclusions) returns text[]
language sql stable
as $$
    with named as (
        select excluded.cluster_id
        where excluded.cluster_id is not null
        union
        select links.cluster_id
        from app.wallet_links as links
        where
            links.address = excluded.wallet_address
            and links.unlinked_at is null
    )

    select
        array(
            select named.cluster_id from named
            union
            select members.cluster_id
            from named
            inner join app.wallet_clusters as known
                on named.cluster_id = known.cluster_id
            inner join app.players as own on known.player_id = own.player_id
            inner join app.players as accounts
                on
                    coalesce(own.merged_into, own.player_id)
                    = coalesce(accounts.merged_into, accounts.player_id)
            inner join app.wallet_clusters as members
                on accounts.player_id = members.player_id
        )
$$;
revoke execute on function app.clusters_of_exclusion(app.exclusions) from public;
comment on function app.clusters_of_exclusion(app.exclusions) is
'The clusters that an exclusion of a cluster or of a wallet concerns';

-- Marks the board runs that the beginning or the end of an exclusion can change: of
-- each period the run that counts, and those that are being computed.
--
-- They are of the board that it names, of the points of its season, or of its metric
-- and what rests on it; of those that list the cluster, where it is excluded from more
-- than a metric; and where it ends, of those that were computed since it began.
create function app.mark_boards_of_exclusion(
    changed app.exclusions, is_beginning boolean, clusters text[]
) returns void
language plpgsql security definer
set search_path to pg_catalog, pg_temp
as $$
declare
    -- what nobody knows, or this role may not read, counts as concerned
    knows_inputs constant boolean := coalesce(
        has_table_privilege(to_regclass('analytics.metric_inputs'), 'select'), false
    );
    knows_entries constant boolean := coalesce(
        has_table_privilege(to_regclass('analytics.leaderboard_entries'), 'select'),
        false
    );
    boards text[];
    board_runs bigint[];
begin
    boards := array(
        select distinct ranked_by.leaderboard_key
        from app.board_ordering_keys as ranked_by
        where
            ranked_by.leaderboard_key
            = coalesce(changed.board_key, ranked_by.leaderboard_key)
            and (
                changed.season_id is null
                or (ranked_by.metric_source, ranked_by.metric_key)
                = ('season_progress', changed.season_id)
            )
            and (
                changed.metric_source is null
                or ranked_by.metric_source in ('season_progress', 'challenge_progress')
                or (ranked_by.metric_source, ranked_by.metric_key)
                = (changed.metric_source, changed.metric_key)
                or not knows_inputs
            )
    );
    if changed.metric_source is not null and knows_inputs then
        boards := boards || array(
            select distinct ranked_by.leaderboard_key
            from app.board_ordering_keys as ranked_by
            inner join analytics.metric_inputs as inputs
                on ranked_by.metric_source = inputs.metric_source
            where
                (
                    inputs.metric_key = ranked_by.metric_key
                    and inputs.input_source = changed.metric_source
                )
                -- a derived metric of which nobody says what it rests on
                or not exists (
                    select from analytics.metric_inputs as known
                    where
                        known.metric_source = ranked_by.metric_source
                        and known.metric_key = ranked_by.metric_key
                )
        );
    end if;

    board_runs := array(
        select runs.id
        from app.leaderboard_runs as runs
        where
            runs.leaderboard_key = any(boards)
            and runs.stale_since is null
            and (
                runs.status = 'PROCESSING'
                or runs.id in (
                    select latest.id from app.latest_runs_of_periods as latest
                )
            )
            and (is_beginning or coalesce(runs.as_of >= changed.starts_at, true))
    );
    if is_beginning and changed.metric_source is null and knows_entries then
        board_runs := array(
            select runs.id
            from app.leaderboard_runs as runs
            where
                runs.id = any(board_runs)
                and (
                    runs.status = 'PROCESSING'
                    or exists (
                        select from analytics.leaderboard_entries as entries
                        where
                            entries.run_id = runs.id
                            and entries.cluster_id = any(clusters)
                    )
                )
        );
    end if;

    -- in the order in which whoever completes several runs locks them
    with locked as (
        select runs.id
        from app.leaderboard_runs as runs
        where runs.id = any(board_runs)
        order by runs.id
        for update
    )

    update app.leaderboard_runs as runs set stale_since = clock_timestamp()
    from locked
    where runs.id = locked.id;
end
$$;
revoke execute on function app.mark_boards_of_exclusion(
    app.exclusions, boolean, text[]
) from public;
comment on function app.mark_boards_of_exclusion(app.exclusions, boolean, text[]) is
'Marks the board runs that the beginning or the end of an exclusion can change';

-- Makes the clusters of an exclusion due for the runs that begin or cease to count it.
-- Of a wallet or a cluster that is one note for each end of the exclusion, which no run
-- takes before it is due: one as of the very instant is the first. A fact is touched,
-- so that its table notes whatever a change of it can move; of an end that lies ahead,
-- nothing of that is known yet, and everything is due.
create or replace function app.note_exclusion(
    changed app.exclusions, operation text, is_beginning boolean
) returns void
language plpgsql security definer
set search_path to pg_catalog, pg_temp
as $$
declare
    instant timestamptz := case
        when is_beginning then changed.starts_at
        else least(changed.ends_at, changed.ended_at)
    end;
    touched text;
    clusters text[];
begin
    if instant = 'infinity' then
        return;
    end if;
    if changed.raw_table is null then
        insert into app.change_notes (table_name, operation, kind, key, due_at)
        values (
            'exclusions', operation,
            case when changed.cluster_id is null then 'wallet' else 'cluster' end,
            coalesce(
                app.remaining_cluster(changed.cluster_id),
                changed.cluster_id,
                changed.wallet_address
            ),
            instant - interval '1 microsecond'
        );
    elsif instant > now() then
        insert into app.change_notes (table_name, operation, kind, key, due_at)
        values (
            'exclusions', operation, 'everything', '',
            instant - interval '1 microsecond'
        );
    else
        select
            format(
                'update raw.%1$I as facts set %2$I = facts.%2$I'
                ' from jsonb_populate_record(null::raw.%1$I, $1) as named'
                ' where %3$s',
                changed.raw_table,
                min(attname) filter (where place = 1),
                string_agg(format('facts.%I = named.%1$I', attname), ' and ')
            )
        into touched
        from pg_constraint
        cross join unnest(conkey) with ordinality as listed (attnum, place)
        inner join pg_attribute using (attnum)
        where
            conrelid = format('raw.%I', changed.raw_table)::regclass
            and attrelid = conrelid
            and contype = 'p';
        execute touched using changed.fact;
    end if;

    -- Runs as of now do not follow one that is over, and never have where it was made
    -- afterwards. What a fact concerns, its touched row tells (app.mark_stale_boards).
    if
        instant > now()
        or changed.raw_table is not null
        or (operation = 'INSERT' and least(changed.ends_at, changed.ended_at) <= now())
    then
        return;
    end if;
    clusters := app.clusters_of_exclusion(changed);
    perform app.mark_boards_of_exclusion(changed, is_beginning, clusters);

    -- a worker computes the cluster at once, as after a change of its links
    insert into app.etl_requests (cluster_id, reason, caused_by)
    select
        asked.cluster_id,
        case when is_beginning then 'exclusion begun' else 'exclusion ended' end,
        nullif(current_setting('hedge.request_id', true), '')
    from app.wallet_clusters as asked
    where
        asked.cluster_id = any(clusters)
        and asked.cluster_id = app.remaining_cluster(asked.cluster_id);
end
$$;

-- The exclusions that concern a cluster, at any instant: its own, those of wallets that
-- it has linked, and those of facts that name such a wallet, or a Discord account of
-- its player.
create or replace function app.exclusions_of_cluster(cluster_id text)
returns table (exclusion_id bigint)
language plpgsql stable
as $$
declare
    excluded app.exclusions;
    is_concerned boolean;
    holders constant text[] := array(
        select links.address from app.wallet_links as links
        where
            links.cluster_id = exclusions_of_cluster.cluster_id
            and links.unlinked_at is null
        union all
        select accounts.discord_id
        from app.wallet_clusters as known
        inner join app.players as accounts
            on known.player_id = coalesce(accounts.merged_into, accounts.player_id)
        where
            known.cluster_id = exclusions_of_cluster.cluster_id
            and accounts.discord_id is not null
    );
begin
    for excluded in
        select known.* from app.exclusions as known
    loop
        if excluded.raw_table is null then
            is_concerned := coalesce(
                app.remaining_cluster(excluded.cluster_id)
                = exclusions_of_cluster.cluster_id,
                false
            )
            or coalesce(excluded.wallet_address = any(holders), false);
        else
            execute format(
                'select exists (select from raw.%I as facts'
                ' inner join jsonb_populate_record(null::raw.%1$I, $1) as named'
                ' on %2$s cross join jsonb_each_text(to_jsonb(facts)) as columns'
                ' where columns.value = any($2))',
                excluded.raw_table,
                (
                    select
                        string_agg(format('facts.%I = named.%1$I', attname), ' and ')
                    from pg_constraint
                    cross join unnest(conkey) as listed (attnum)
                    inner join pg_attribute using (attnum)
                    where
                        conrelid = format('raw.%I', excluded.raw_table)::regclass
                        and attrelid = conrelid
                        and contype = 'p'
                )
            ) into is_concerned using excluded.fact, holders;
        end if;
        if is_concerned then
            exclusion_id := excluded.exclusion_id;
            return next;
        end if;
    end loop;
end
$$;
comment on function app.exclusions_of_cluster(text) is
'The exclusions of a cluster, of its wallets, and of facts that name its holders';

-- Undoes the merge that has absorbed a cluster: its links that are still active go
-- back, and its name where nobody has taken it. Tiers that the kept cluster has
-- reached since are revoked by the next run where it does not reach them alone.
create or replace function app.split_clusters(absorbed_cluster text, who text)
returns app.cluster_merges
language plpgsql
as $$
declare
    merge app.cluster_merges;
    later app.cluster_merges;
    absorbed_player bigint;
    links_moved bigint[];
begin
    select * into merge from app.cluster_merges
    where absorbed = absorbed_cluster and undone_at is null;
    if not found then
        raise exception 'cluster % was not merged into another', absorbed_cluster;
    end if;
    perform app.lock_for_merge(merge.kept, merge.absorbed);
    select * into merge from app.cluster_merges
    where merge_id = merge.merge_id and undone_at is null;
    if not found then
        raise exception 'the merge of cluster % was undone at the same time',
            absorbed_cluster;
    end if;
    if merge.undo_until <= clock_timestamp() then
        raise exception 'the merge of cluster % could be undone until %',
            absorbed_cluster, app.utc_text(merge.undo_until);
    end if;
    select * into later from app.cluster_merges
    where
        undone_at is null
        and merge_id > merge.merge_id
        and merge.kept in (kept, absorbed)
    order by merge_id desc
    limit 1;
    if found then
        raise exception 'cluster % was merged into % since: undo that first',
            later.absorbed, later.kept;
    end if;

    select player_id into absorbed_player from app.wallet_clusters
    where cluster_id = absorbed_cluster;
    update app.players
    set
        merged_into = nullif(absorbed_player, player_id),
        changed_at = now()
    where player_id in (
        select jsonb_array_elements(merge.given_back -> 'players')::bigint
    );
    update app.players
    set
        show_on_boards = (merge.given_back ->> 'show_on_boards')::boolean,
        show_wallets = (merge.given_back ->> 'show_wallets')::boolean
    where player_id = absorbed_player;
    with taken as (
        insert into app.names_of_players
        select given.*
        from jsonb_populate_record(
            null::app.names_of_players,
            nullif(merge.given_back -> 'name', 'null')
        ) as given
        where given.player_id = absorbed_player
        on conflict do nothing
        returning player_id, display_name
    )
    update app.players
    set display_name = taken.display_name
    from taken
    where players.player_id = taken.player_id;
    -- whoever signed in meanwhile may be either of the two
    delete from app.sessions
    where player_id = (
        select player_id from app.wallet_clusters where cluster_id = merge.kept
    );

    update app.cluster_merges
    set undone_at = clock_timestamp(), undone_by = who
    where merge_id = merge.merge_id
    returning * into merge;

    links_moved := array(
        select begun_link from app.merged_links where merge_id = merge.merge_id
    );
    perform app.move_links(merge.kept, absorbed_cluster, links_moved);
    update app.wallet_links
    set is_primary = true
    where
        cluster_id = absorbed_cluster
        and address = merge.given_back ->> 'primary'
        and unlinked_at is null
        and not is_primary
        and not exists (
            select from app.wallet_links as others
            where
                others.cluster_id = absorbed_cluster
                and others.is_primary
                and others.unlinked_at is null
        );
    perform app.promote_wallet(absorbed_cluster);
    perform app.promote_wallet(merge.kept);

    perform app.follow_merge(merge);
    return merge;
end
$$;
