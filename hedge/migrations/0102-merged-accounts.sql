-- depends: 0098-words-of-rewards

-- Two accounts of one player become one: the wallets of one cluster, which is absorbed,
-- go to another, which is kept, and so do both Discord accounts. A row of
-- app.cluster_merges says when and by whom, and what an undo gives back.

-- The player with whom the account counts, and as whom its Discord account signs in.
alter table app.players
add column merged_into bigint references app.players,
add constraint "a player is not merged into itself" check (merged_into <> player_id);
create index on app.players (merged_into) where merged_into is not null;
create index on app.players (coalesce(merged_into, player_id));
comment on column app.players.merged_into is
'The player whose account this one was merged into; null where it stands for itself';

create table app.cluster_merges (
    merge_id bigint generated always as identity primary key,
    kept text collate "C" not null
    references app.wallet_clusters on delete cascade,
    absorbed text collate "C" not null
    references app.wallet_clusters on delete cascade,
    merged_at timestamptz not null default clock_timestamp(),
    merged_by text not null,
    undo_until timestamptz not null,
    undone_at timestamptz,
    undone_by text,
    -- the name and consents of the absorbed account, and the players that went with it
    given_back jsonb not null,
    constraint "a cluster is not merged into itself" check (kept <> absorbed),
    constraint "an undo says who did it" check (
        (undone_at is null) = (undone_by is null)
    )
);
create unique index "a cluster is absorbed by one other"
on app.cluster_merges (absorbed) where undone_at is null;
create index on app.cluster_merges (kept);
create index on app.cluster_merges (absorbed);
comment on table app.cluster_merges is
'Accounts that were merged: which cluster was kept and which absorbed, by whom, and '
'whether that was undone';

-- The links that a merge has ended, each with the one that it began.
create table app.merged_links (
    ended_link bigint primary key references app.wallet_links on delete cascade,
    begun_link bigint not null references app.wallet_links on delete cascade,
    merge_id bigint not null references app.cluster_merges on delete cascade
);
create index on app.merged_links (begun_link);
create index on app.merged_links (merge_id);
comment on table app.merged_links is
'The links that a merge of accounts has ended, each with the one that it began';

-- The unlocks that runs have carried from an absorbed cluster to the one that is kept
-- (app.carry_unlocks): the row that came, and the one that stood there, null where
-- there was none. returned_at: when a run has given them back, after an undo.
create table app.carried_unlocks (
    merge_id bigint references app.cluster_merges on delete cascade,
    challenge_key text collate "C",
    tier_code text,
    kind text,
    came jsonb not null,
    stood jsonb,
    returned_at timestamptz,
    primary key (merge_id, challenge_key, tier_code, kind)
);
create index on app.carried_unlocks (merge_id) where returned_at is null;
comment on table app.carried_unlocks is
'The unlocks that a merge of accounts has brought to the cluster that is kept';

-- What a signed message is for: to link a wallet, or to merge the account that has it.
alter table app.wallet_challenges
add column purpose text not null default 'link',
add constraint "a message is to link or to merge" check (purpose in ('link', 'merge'));

-- The cluster in which an account counts now: its own, or the one that absorbed it.
create function app.remaining_cluster(text) returns text
language sql stable
return (
    select remaining.cluster_id
    from app.wallet_clusters as clusters
    inner join app.players on clusters.player_id = players.player_id
    inner join app.wallet_clusters as remaining
        on coalesce(players.merged_into, players.player_id) = remaining.player_id
    where clusters.cluster_id = $1
);
comment on function app.remaining_cluster(text) is
'The cluster in which an account counts now: its own, or the one that absorbed it';

-- Nothing is linked to an absorbed cluster. The foreign key of the link has locked the
-- cluster before this is asked, so that a merge either comes first and is seen, or
-- finds the link.
create function app.refuse_links_of_absorbed_clusters() returns trigger
language plpgsql
as $$
declare
    refused record;
begin
    select new_links.cluster_id, merges.kept
    into refused
    from new_links
    inner join app.cluster_merges as merges
        on new_links.cluster_id = merges.absorbed
    where new_links.unlinked_at is null and merges.undone_at is null
    limit 1;
    if found then
        raise exception 'cluster % was merged into %: link the wallet there',
            refused.cluster_id, refused.kept;
    end if;
    return null;
end
$$;
create trigger refuse_links_of_absorbed_clusters after insert on app.wallet_links
referencing new table as new_links
for each statement execute function app.refuse_links_of_absorbed_clusters();

-- Locks the players and clusters of a merge, both in the order of their ids, so that
-- changes of either account wait, and two merges do not lock each other out. A run that
-- settles rewards locks clusters after the lock of rewards, and so does a merge.
create function app.lock_for_merge(first_cluster text, second_cluster text)
returns void
language plpgsql
as $$
begin
    perform pg_advisory_xact_lock(hashtext('app.rewards'));
    -- who changes a name has locked it before the player
    perform from app.names_of_players
    where player_id in (
        select player_id from app.wallet_clusters
        where cluster_id in (first_cluster, second_cluster)
    )
    order by player_id
    for update;
    perform from app.players
    where
        player_id in (
            select player_id from app.wallet_clusters
            where cluster_id in (first_cluster, second_cluster)
        )
        or merged_into in (
            select player_id from app.wallet_clusters
            where cluster_id in (first_cluster, second_cluster)
        )
    order by player_id
    for update;
    perform from app.wallet_clusters
    where cluster_id in (first_cluster, second_cluster)
    order by cluster_id
    for update;
end
$$;

-- Ends the active links of a cluster that are named, and begins the same ones in
-- another. The primary wallet stays the primary one where the other has none.
create function app.move_links(from_cluster text, to_cluster text, link_ids bigint[])
returns table (ended_link bigint, begun_link bigint)
language sql volatile
as $$
    with active as (
        select link_id, address, chain, verified_at, is_primary
        from app.wallet_links
        where
            cluster_id = from_cluster
            and link_id = any(link_ids)
            and unlinked_at is null
        order by address
        for update
    ),
    ended as (
        update app.wallet_links
        set unlinked_at = now(), is_primary = false
        from active
        where wallet_links.link_id = active.link_id
        returning
            active.link_id, active.address, active.chain, active.verified_at,
            active.is_primary
    ),
    begun as (
        insert into app.wallet_links
            (cluster_id, address, chain, verified_at, is_primary)
        select
            to_cluster,
            ended.address,
            ended.chain,
            ended.verified_at,
            ended.is_primary and not exists (
                select from app.wallet_links as others
                where
                    others.cluster_id = to_cluster
                    and others.is_primary
                    and others.unlinked_at is null
            )
        from ended
        order by ended.address
        returning link_id, address
    )
    select ended.link_id, begun.link_id
    from ended
    inner join begun on ended.address = begun.address
$$;

-- Gives a cluster without a primary wallet its oldest one.
create function app.promote_wallet(of_cluster text) returns void
language sql volatile
as $$
    update app.wallet_links
    set is_primary = true
    where
        link_id = (
            select min(link_id) from app.wallet_links
            where cluster_id = of_cluster and unlinked_at is null
        )
        and not exists (
            select from app.wallet_links
            where cluster_id = of_cluster and is_primary and unlinked_at is null
        )
$$;

-- Tells both clusters, and requests the run after which values, points and boards
-- follow.
create function app.follow_merge(merge app.cluster_merges) returns void
language sql volatile
as $$
    insert into app.etl_requests (cluster_id, reason, caused_by)
    select
        concerned.cluster_id,
        case when merge.undone_at is null then 'accounts merged' else 'merge undone' end,
        nullif(current_setting('hedge.request_id', true), '')
    from unnest(array[merge.kept, merge.absorbed]) as concerned (cluster_id);
    insert into app.untold_events (event_type, cluster_id, details, is_first)
    select
        case when merge.undone_at is null then 'cluster.merged' else 'cluster.split' end,
        concerned.cluster_id,
        jsonb_build_object(
            'kept', merge.kept,
            'absorbed', merge.absorbed,
            'at', app.utc_text(coalesce(merge.undone_at, merge.merged_at))
        ),
        app.begins_events()
    from unnest(array[merge.kept, merge.absorbed]) as concerned (cluster_id);
$$;

-- Merges an account into another, in the transaction of the caller. What follows in
-- other tables, such as rewards, is a trigger on app.cluster_merges: a row is inserted
-- by each merge, and undone_at is set by its undo.
create function app.merge_clusters(
    kept_cluster text, absorbed_cluster text, term interval, who text
) returns app.cluster_merges
language plpgsql
as $$
declare
    merge app.cluster_merges;
    kept_player app.players;
    absorbed_player app.players;
    players_moved bigint[];
    links_moved bigint[];
begin
    if kept_cluster = absorbed_cluster then
        raise exception 'cluster % cannot be merged into itself', kept_cluster;
    end if;
    perform app.lock_for_merge(kept_cluster, absorbed_cluster);
    select players.* into kept_player
    from app.players inner join app.wallet_clusters using (player_id)
    where cluster_id = kept_cluster;
    if not found then
        raise exception 'no cluster %', kept_cluster;
    end if;
    select players.* into absorbed_player
    from app.players inner join app.wallet_clusters using (player_id)
    where cluster_id = absorbed_cluster;
    if not found then
        raise exception 'no cluster %', absorbed_cluster;
    end if;
    if kept_player.merged_into is not null then
        raise exception 'cluster % was merged into %',
            kept_cluster, app.remaining_cluster(kept_cluster);
    end if;
    if absorbed_player.merged_into is not null then
        raise exception 'cluster % was merged into %',
            absorbed_cluster, app.remaining_cluster(absorbed_cluster);
    end if;

    players_moved := array(
        select player_id from app.players
        where absorbed_player.player_id in (player_id, merged_into)
        order by player_id
    );
    insert into app.cluster_merges (kept, absorbed, merged_by, undo_until, given_back)
    values (
        kept_cluster,
        absorbed_cluster,
        who,
        clock_timestamp() + term,
        jsonb_build_object(
            'players', players_moved,
            'show_on_boards', absorbed_player.show_on_boards,
            'show_wallets', absorbed_player.show_wallets,
            'primary', (
                select address from app.wallet_links
                where
                    cluster_id = absorbed_cluster
                    and is_primary
                    and unlinked_at is null
            ),
            'name', (
                select to_jsonb(names) from app.names_of_players as names
                where
                    names.player_id = absorbed_player.player_id
                    and names.display_name = absorbed_player.display_name
            )
        )
    )
    returning * into merge;

    links_moved := array(
        select link_id from app.wallet_links
        where cluster_id = absorbed_cluster and unlinked_at is null
    );
    insert into app.merged_links (ended_link, begun_link, merge_id)
    select moved.ended_link, moved.begun_link, merge.merge_id
    from app.move_links(absorbed_cluster, kept_cluster, links_moved) as moved;
    perform app.promote_wallet(kept_cluster);

    -- The name is free, and the consents of the account that is kept hold.
    delete from app.names_of_players where player_id = absorbed_player.player_id;
    update app.players
    set display_name = null, show_on_boards = false, show_wallets = false
    where player_id = absorbed_player.player_id;
    update app.players
    set merged_into = kept_player.player_id, changed_at = now()
    where player_id = any(players_moved);
    delete from app.sessions where player_id = any(players_moved);
    delete from app.wallet_challenges where cluster_id = absorbed_cluster;

    -- What was corrected of the facts of one is so of the other.
    insert into app.cluster_corrections (cluster_id, table_name, corrected_at)
    select kept_cluster, corrections.table_name, corrections.corrected_at
    from app.cluster_corrections as corrections
    where corrections.cluster_id = absorbed_cluster
    on conflict (cluster_id, table_name) do update
    set corrected_at = greatest(
        cluster_corrections.corrected_at, excluded.corrected_at
    );
    -- Names that can be given back to nobody are not kept.
    update app.cluster_merges
    set given_back = given_back - 'name'
    where undo_until < now() and given_back ? 'name';

    perform app.follow_merge(merge);
    return merge;
end
$$;
comment on function app.merge_clusters(text, text, interval, text) is
'Merges an account into another; what follows in other tables is a trigger on '
'app.cluster_merges';

-- Undoes the merge that has absorbed a cluster: its links that are still active go
-- back, and its name where nobody has taken it. Tiers that the kept cluster has
-- reached since are revoked by the next run where it does not reach them alone.
create function app.split_clusters(absorbed_cluster text, who text)
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
    where absorbed = absorbed_cluster and undone_at is null;
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
comment on function app.split_clusters(text, text) is
'Undoes the merge that has absorbed a cluster, within its term';

-- Brings the unlocks of an absorbed cluster to the one that is kept: the earlier date
-- stands. What a moved wallet has put in doubt stays in doubt.
create function app.carry_unlocks(merge app.cluster_merges) returns void
language plpgsql
as $$
begin
    -- in the order of their key, as every other write of a mart
    perform from analytics.tier_unlocks as unlocks
    where
        unlocks.cluster_id in (merge.kept, merge.absorbed)
        and unlocks.revoked_at is null
    order by cluster_id, challenge_key, tier_code, kind, unlocked_at
    for update;

    insert into app.carried_unlocks
        (merge_id, challenge_key, tier_code, kind, came, stood)
    select
        merge.merge_id,
        came.challenge_key,
        came.tier_code,
        came.kind,
        to_jsonb(came),
        to_jsonb(stood)
    from analytics.tier_unlocks as came
    left join analytics.tier_unlocks as stood
        on
            came.challenge_key = stood.challenge_key
            and came.tier_code = stood.tier_code
            and came.kind = stood.kind
            and stood.cluster_id = merge.kept
            and stood.revoked_at is null
    where came.cluster_id = merge.absorbed and came.revoked_at is null
    on conflict (merge_id, challenge_key, tier_code, kind) do nothing;

    insert into app.wallet_moves
        (cluster_id, address, challenge_key, tier_code, kind, moved_at)
    select
        merge.kept,
        moves.address,
        moves.challenge_key,
        moves.tier_code,
        moves.kind,
        moves.moved_at
    from app.wallet_moves as moves
    inner join analytics.tier_unlocks as came
        on
            moves.challenge_key = came.challenge_key
            and moves.tier_code = came.tier_code
            and moves.kind = came.kind
            and came.cluster_id = merge.absorbed
            and came.revoked_at is null
    where
        moves.cluster_id = merge.absorbed
        and not exists (
            select from analytics.tier_unlocks as stood
            where
                stood.cluster_id = merge.kept
                and stood.challenge_key = came.challenge_key
                and stood.tier_code = came.tier_code
                and stood.kind = came.kind
                and stood.revoked_at is null
        );

    update analytics.tier_unlocks as stood
    set
        unlocked_at = least(stood.unlocked_at, came.unlocked_at),
        reached_at = least(stood.reached_at, came.reached_at),
        run_id = case
            when came.unlocked_at < stood.unlocked_at then came.run_id else stood.run_id
        end,
        definitions = case
            when came.unlocked_at < stood.unlocked_at
                then came.definitions
            else stood.definitions
        end
    from analytics.tier_unlocks as came
    where
        came.cluster_id = merge.absorbed
        and came.revoked_at is null
        and stood.cluster_id = merge.kept
        and stood.challenge_key = came.challenge_key
        and stood.tier_code = came.tier_code
        and stood.kind = came.kind
        and stood.revoked_at is null
        and (
            came.unlocked_at < stood.unlocked_at
            or came.reached_at < coalesce(stood.reached_at, 'infinity')
        );

    -- A row of the same instant that was revoked stays: the one that comes is a
    -- microsecond later.
    insert into analytics.tier_unlocks
        (cluster_id, challenge_key, tier_code, kind, unlocked_at, reached_at, run_id,
        definitions, fell_at)
    select
        merge.kept,
        came.challenge_key,
        came.tier_code,
        came.kind,
        came.unlocked_at + case
            when exists (
                select from analytics.tier_unlocks as history
                where
                    history.cluster_id = merge.kept
                    and history.challenge_key = came.challenge_key
                    and history.tier_code = came.tier_code
                    and history.kind = came.kind
                    and history.unlocked_at = came.unlocked_at
                    and history.revoked_at is not null
            ) then interval '1 microsecond' else interval '0'
        end,
        came.reached_at,
        came.run_id,
        came.definitions,
        came.fell_at
    from analytics.tier_unlocks as came
    where came.cluster_id = merge.absorbed and came.revoked_at is null
    order by came.challenge_key, came.tier_code, came.kind
    on conflict (cluster_id, challenge_key, tier_code, kind) where revoked_at is null
    do nothing;

    delete from analytics.tier_unlocks
    where cluster_id = merge.absorbed and revoked_at is null;
end
$$;

-- Gives the unlocks back that a merge has brought, after its undo. What was revoked
-- meanwhile is revoked of both. What the cluster that was kept had before has its own
-- date again.
create function app.return_unlocks(merge app.cluster_merges) returns void
language plpgsql
as $$
begin
    perform from analytics.tier_unlocks as unlocks
    where unlocks.cluster_id in (merge.kept, merge.absorbed)
    order by cluster_id, challenge_key, tier_code, kind, unlocked_at
    for update;

    insert into analytics.tier_unlocks
        (cluster_id, challenge_key, tier_code, kind, unlocked_at, reached_at, run_id,
        definitions, fell_at, revoked_at, revoked_reason)
    select
        merge.absorbed,
        came.challenge_key,
        came.tier_code,
        came.kind,
        came.unlocked_at,
        came.reached_at,
        came.run_id,
        came.definitions,
        came.fell_at,
        revoked.revoked_at,
        revoked.revoked_reason
    from app.carried_unlocks as carried
    cross join
        lateral jsonb_populate_record(null::analytics.tier_unlocks, carried.came) as came
    left join lateral (
        select history.revoked_at, history.revoked_reason
        from analytics.tier_unlocks as history
        where
            history.cluster_id = merge.kept
            and history.challenge_key = carried.challenge_key
            and history.tier_code = carried.tier_code
            and history.kind = carried.kind
            and history.revoked_at >= merge.merged_at
            and not exists (
                select from analytics.tier_unlocks as standing
                where
                    standing.cluster_id = history.cluster_id
                    and standing.challenge_key = history.challenge_key
                    and standing.tier_code = history.tier_code
                    and standing.kind = history.kind
                    and standing.revoked_at is null
            )
        order by history.revoked_at desc
        limit 1
    ) as revoked on true
    where carried.merge_id = merge.merge_id and carried.returned_at is null
    order by came.challenge_key, came.tier_code, came.kind
    on conflict do nothing;

    update analytics.tier_unlocks as standing
    set
        unlocked_at = stood.unlocked_at,
        reached_at = stood.reached_at,
        run_id = stood.run_id,
        definitions = stood.definitions
    from app.carried_unlocks as carried
    cross join
        lateral jsonb_populate_record(
            null::analytics.tier_unlocks, carried.stood
        ) as stood
    where
        carried.merge_id = merge.merge_id
        and carried.returned_at is null
        and carried.stood is not null
        and standing.cluster_id = merge.kept
        and standing.challenge_key = carried.challenge_key
        and standing.tier_code = carried.tier_code
        and standing.kind = carried.kind
        and standing.revoked_at is null
        and standing.unlocked_at <= stood.unlocked_at;

    delete from analytics.tier_unlocks as standing
    using app.carried_unlocks as carried
    where
        carried.merge_id = merge.merge_id
        and carried.returned_at is null
        and carried.stood is null
        and standing.cluster_id = merge.kept
        and standing.challenge_key = carried.challenge_key
        and standing.tier_code = carried.tier_code
        and standing.kind = carried.kind
        and standing.revoked_at is null
        and standing.unlocked_at < merge.merged_at;

    update app.carried_unlocks
    set returned_at = clock_timestamp()
    where merge_id = merge.merge_id and returned_at is null;
end
$$;

-- Removes what the marts hold of absorbed clusters, because their wallets count
-- elsewhere. What was published stays: boards, and seasons that were over.
create function app.remove_absorbed_clusters() returns void
language plpgsql
as $$
declare
    absorbed_clusters constant text[] := array(
        select merges.absorbed from app.cluster_merges as merges
        where merges.undone_at is null
    );
begin
    if cardinality(absorbed_clusters) = 0 then
        return;
    end if;
    with gone as (
        select existing.cluster_id, existing.window_key
        from analytics.cluster_metrics as existing
        where existing.cluster_id = any(absorbed_clusters)
        order by existing.cluster_id, existing.window_key
        for update
    )
    delete from analytics.cluster_metrics as existing
    using gone
    where
        existing.cluster_id = gone.cluster_id and existing.window_key = gone.window_key;
    with gone as (
        select existing.cluster_id, existing.challenge_key
        from analytics.challenge_progress as existing
        where existing.cluster_id = any(absorbed_clusters)
        order by existing.cluster_id, existing.challenge_key
        for update
    )
    delete from analytics.challenge_progress as existing
    using gone
    where
        existing.cluster_id = gone.cluster_id
        and existing.challenge_key = gone.challenge_key;
    with gone as (
        select existing.season_id, existing.cluster_id
        from analytics.season_progress as existing
        inner join app.seasons on existing.season_id = seasons.id
        inner join app.cluster_merges as merges
            on existing.cluster_id = merges.absorbed and merges.undone_at is null
        where
            existing.cluster_id = any(absorbed_clusters)
            -- a season is computed for a week after its end
            and merges.merged_at < seasons.ends_at + 7 * interval '24 hours'
        order by existing.season_id, existing.cluster_id
        for update of existing
    )
    delete from analytics.season_progress as existing
    using gone
    where
        existing.season_id = gone.season_id and existing.cluster_id = gone.cluster_id;
end
$$;

-- Carries out in the marts what merges and their undos mean. Every run of the live
-- schema calls it before it computes, because only runs write marts, and at its end,
-- because one that began before a merge may have written something since. Nothing of it
-- is told by events: the tiers were told when they were reached.
create function app.follow_merges(is_end boolean) returns void
language plpgsql
as $$
declare
    how_to_tell constant text := coalesce(current_setting('hedge.events', true), '');
    merge app.cluster_merges;
    in_doubt text[];
begin
    if
        not exists (select from app.cluster_merges)
        or to_regclass('analytics.tier_unlocks') is null
    then
        return;
    end if;
    -- One run after the other; the lock of rewards comes before those of clusters.
    perform pg_advisory_xact_lock(hashtext('app.rewards'));
    perform pg_advisory_xact_lock(hashtext('app.follow_merges'));
    perform set_config('hedge.events', 'summary', true);

    for merge in
        select merges.* from app.cluster_merges as merges
        where
            merges.undone_at is not null
            and exists (
                select from app.carried_unlocks as carried
                where carried.merge_id = merges.merge_id and carried.returned_at is null
            )
        order by merges.merge_id desc
    loop
        perform app.return_unlocks(merge);
    end loop;

    for merge in
        select merges.* from app.cluster_merges as merges
        where
            merges.undone_at is null
            and exists (
                select from analytics.tier_unlocks as unlocks
                where
                    unlocks.cluster_id = merges.absorbed and unlocks.revoked_at is null
            )
        order by merges.merge_id
    loop
        perform app.carry_unlocks(merge);
    end loop;

    -- Tiers that were first reached together stand only where they are reached alone.
    with moved as (
        insert into app.wallet_moves
            (cluster_id, address, challenge_key, tier_code, kind, moved_at)
        select
            unlocks.cluster_id,
            '' as address,
            unlocks.challenge_key,
            unlocks.tier_code,
            unlocks.kind,
            merges.undone_at
        from app.cluster_merges as merges
        inner join analytics.tier_unlocks as unlocks
            on
                merges.kept = unlocks.cluster_id
                and merges.merged_at <= unlocks.unlocked_at
                and merges.undone_at >= unlocks.unlocked_at
        where
            merges.undone_at > now() - interval '1 day'
            and unlocks.revoked_at is null
            and not exists (
                select from app.wallet_moves as known
                where
                    known.cluster_id = unlocks.cluster_id
                    and known.challenge_key = unlocks.challenge_key
                    and known.tier_code = unlocks.tier_code
                    and known.kind = unlocks.kind
                    and known.moved_at >= merges.undone_at
            )
        returning cluster_id
    )

    select array_agg(distinct moved.cluster_id) into in_doubt from moved;
    if is_end then
        insert into app.etl_requests (cluster_id, reason)
        select asked.cluster_id, 'merge undone'
        from unnest(in_doubt) as asked (cluster_id);
        perform app.remove_absorbed_clusters();
    end if;
    perform set_config('hedge.events', how_to_tell, true);
end
$$;
comment on function app.follow_merges(boolean) is
'Carries out in the marts what merges of accounts and their undos mean';

-- Two more types of events, beside those that there are.
do $$
declare
    rule record;
    types text;
begin
    for rule in
        select
            constraints.conrelid::regclass as relation,
            constraints.conname as sentence,
            pg_get_constraintdef(constraints.oid) as definition
        from pg_constraint as constraints
        where
            (constraints.conrelid, constraints.conname) in (
                ('app.events'::regclass, 'event_type is a type of event'),
                ('app.webhooks'::regclass, 'event_types has known types')
            )
    loop
        select string_agg(quote_literal(known.type), ', ' order by known.place)
        into types
        from (
            select matches.found[1] as type, matches.place
            from regexp_matches(rule.definition, '''([a-z_]+[.][a-z_]+)''', 'g')
                with ordinality as matches (found, place)
            union all
            select added.type, added.place
            from (
                values ('cluster.merged', 1000), ('cluster.split', 1001)
            ) as added (type, place)
        ) as known;
        execute format(
            'alter table %s drop constraint %I, add constraint %I check (%s)',
            rule.relation,
            rule.sentence,
            rule.sentence,
            case rule.relation
                when 'app.events'::regclass then format('event_type in (%s)', types)
                else
                    format(
                        'event_types <@ array[%s] and event_types <> ''{}''', types
                    )
            end
        );
    end loop;
end
$$;
