-- depends: 0140-verified

-- A merge of two accounts brings the unlocks of the absorbed cluster to the one that is
-- kept. Where the one that is kept has lost the tier before, a row that was revoked may
-- have the very instant that the earlier date has, and two unlocks of a tier must not
-- begin at once. 0102 minded that for unlocks that the kept cluster lacks, and not for
-- those that it has as well: every run after such a merge failed.

-- The first instant from one on at which no revoked unlock of a tier begins.
create function app.instant_of_unlock(
    of_cluster text, of_challenge text, of_tier text, of_kind text, first timestamptz
) returns timestamptz
language plpgsql stable
as $$
begin
    -- a deploy creates the table after this function
    return (
        with
        revoked as (
            select unlocked_at
            from analytics.tier_unlocks
            where
                cluster_id = of_cluster
                and challenge_key = of_challenge
                and tier_code = of_tier
                and kind = of_kind
                and unlocked_at >= first
                and revoked_at is not null
        )

        select min(instants.unlocked_at)
        from (
            select first as unlocked_at
            union all
            select unlocked_at + interval '1 microsecond' from revoked
        ) as instants
        where not exists (
            select from revoked where revoked.unlocked_at = instants.unlocked_at
        )
    );
end
$$;
comment on function app.instant_of_unlock(text, text, text, text, timestamptz) is
'The first instant from one on at which no revoked unlock of a tier begins';

-- Brings the unlocks of an absorbed cluster to the one that is kept: the earlier date
-- stands. What a moved wallet has put in doubt stays in doubt.
create or replace function app.carry_unlocks(merge app.cluster_merges) returns void
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
        unlocked_at = case
            when came.unlocked_at < stood.unlocked_at
                then app.instant_of_unlock(
                    stood.cluster_id,
                    stood.challenge_key,
                    stood.tier_code,
                    stood.kind,
                    came.unlocked_at
                )
            else stood.unlocked_at
        end,
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

    insert into analytics.tier_unlocks
        (cluster_id, challenge_key, tier_code, kind, unlocked_at, reached_at, run_id,
        definitions, fell_at)
    select
        merge.kept,
        came.challenge_key,
        came.tier_code,
        came.kind,
        app.instant_of_unlock(
            merge.kept, came.challenge_key, came.tier_code, came.kind, came.unlocked_at
        ),
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
