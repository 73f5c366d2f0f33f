-- What keeps a chain from being followed, and chains that fall behind.
select
    case
        when followers.is_halted
            then
                format(
                    'chain %s is not followed any more: %s',
                    followers.chain_id,
                    followers.error
                )
        when followers.failing_since < now() - interval '5 minutes'
            then format(
                'chain %s fails since %s: %s',
                followers.chain_id,
                to_char(followers.failing_since, 'YYYY-MM-DD HH24:MI'),
                followers.error
            )
        when
            coalesce(followers.asked_at, followers.started_at)
            < now() - interval '5 minutes'
            then format(
                'chain %s was last followed at %s',
                followers.chain_id,
                to_char(
                    coalesce(followers.asked_at, followers.started_at),
                    'YYYY-MM-DD HH24:MI'
                )
            )
        else format(
            'chain %s is %s blocks behind its head, at a block of %s',
            followers.chain_id,
            followers.head_number - cursors.block_number,
            to_char(cursors.block_time, 'YYYY-MM-DD HH24:MI')
        )
    end as finding
from app.chain_followers as followers
left join app.chain_cursors as cursors on followers.chain_id = cursors.chain_id
where
    followers.is_halted
    or followers.failing_since < now() - interval '5 minutes'
    or coalesce(followers.asked_at, followers.started_at) < now() - interval '5 minutes'
    or followers.head_number > cursors.block_number
    and cursors.block_time < now() - interval '15 minutes'
order by followers.chain_id
