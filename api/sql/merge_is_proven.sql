-- Whether an account has a wallet that it has proven, and whether one that came with a
-- merge was proven by the account that is absorbed.
select
    exists(
        select from app.wallet_links as own
        where
            own.cluster_id = %(kept)s
            and own.verified_at is not null
            and own.unlinked_at is null
            and not exists (
                select from app.merged_links as moved
                where moved.begun_link = own.link_id and moved.merge_id = %(merge)s
            )
    ) as has_own,
    exists(
        select from app.merged_links as moved
        inner join app.wallet_links as came on moved.begun_link = came.link_id
        where
            moved.merge_id = %(merge)s
            and came.address = %(address)s
            and came.verified_at is not null
    ) as is_proven
