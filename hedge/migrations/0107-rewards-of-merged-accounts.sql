-- depends: 0105-shown-names

-- Rewards of an absorbed account go to the one that is kept, and come back when the
-- merge is undone. Of two for one definition, the one that is further on stays, so that
-- nothing is given twice: handed out before claimed before open.
create function app.move_rewards() returns trigger
language plpgsql
as $$
begin
    if tg_op = 'INSERT' then
        update app.rewards
        set
            state = 'TAKEN_BACK',
            changed_by = new.merged_by,
            note = 'the account was merged with another that has the same reward'
        from (
            select
                both_accounts.reward_id,
                both_accounts.state,
                row_number() over (
                    partition by season_id, reward_key
                    order by
                        array_position(
                            array['FULFILLED', 'REFUSED', 'CLAIMED', 'LAPSED'],
                            both_accounts.state
                        ) asc nulls last,
                        both_accounts.cluster_id = new.kept desc
                ) as place
            from app.rewards as both_accounts
            where
                both_accounts.cluster_id in (new.kept, new.absorbed)
                and both_accounts.state <> 'TAKEN_BACK'
        ) as ordered
        where
            rewards.reward_id = ordered.reward_id
            and ordered.place > 1
            and ordered.state in ('OPEN', 'CLAIMED');

        update app.rewards
        set cluster_id = new.kept
        where
            rewards.cluster_id = new.absorbed
            and rewards.state <> 'TAKEN_BACK'
            and not exists (
                select from app.rewards as others
                where
                    others.cluster_id = new.kept
                    and others.season_id = rewards.season_id
                    and others.reward_key = rewards.reward_key
                    and others.state <> 'TAKEN_BACK'
            );
    else
        -- what rests on wallets that go back, and on no other
        update app.rewards
        set cluster_id = new.absorbed
        where
            rewards.cluster_id = new.kept
            and rewards.state <> 'TAKEN_BACK'
            and exists (
                select from app.reward_wallets as wallets
                where wallets.reward_id = rewards.reward_id
            )
            and not exists (
                select from app.reward_wallets as wallets
                where
                    wallets.reward_id = rewards.reward_id
                    and wallets.address not in (
                        select links.address
                        from app.merged_links as moved
                        inner join app.wallet_links as links
                            on moved.begun_link = links.link_id
                        where
                            moved.merge_id = new.merge_id
                            and links.unlinked_at is null
                    )
            )
            and not exists (
                select from app.rewards as others
                where
                    others.cluster_id = new.absorbed
                    and others.season_id = rewards.season_id
                    and others.reward_key = rewards.reward_key
                    and others.state <> 'TAKEN_BACK'
            );
    end if;
    return null;
end
$$;
create trigger move_rewards_of_a_merge after insert on app.cluster_merges
for each row execute function app.move_rewards();
create trigger move_rewards_of_an_undo after update of undone_at on app.cluster_merges
for each row when (old.undone_at is null and new.undone_at is not null)
execute function app.move_rewards();
