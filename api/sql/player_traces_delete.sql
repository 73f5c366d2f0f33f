-- Deletes what is left of a player outside of the account: the text of rejected rows
-- that name the Discord account, the cluster or a wallet of it, and the Discord account
-- in change notes. The notes themselves stay, because they say which boards are stale.
with

account as (

    select
        players.discord_id,
        clusters.cluster_id
    from app.players
    left join app.wallet_clusters as clusters on players.player_id = clusters.player_id
    where players.player_id = %(player)s

),

locked as materialized (

    -- runs that take change notes or delete them hold the same lock
    select pg_advisory_xact_lock(hashtext('app.change_notes')) as is_locked

),

nameless_notes as (

    update app.change_notes set key = ''
    from account, locked
    where
        change_notes.kind = 'discord_account'
        and change_notes.key = account.discord_id

),

names as (

    select
        discord_id as name,
        'discord_interactions' as table_name
    from account
    union all
    select
        unnest(array[discord_id, cluster_id]) as name,
        'wallets' as table_name
    from account
    union all
    select
        links.address as name,
        'wallets' as table_name
    from app.wallet_links as links
    inner join account on links.cluster_id = account.cluster_id

)

update raw.rejected_rows
set
    row_text = 'forgotten: the account was deleted',
    reason = 'forgotten: the account was deleted'
where
    exists (
        select from names
        where
            rejected_rows.table_name = names.table_name
            and (
                strpos(lower(rejected_rows.row_text), lower(names.name)) > 0
                or strpos(lower(rejected_rows.reason), lower(names.name)) > 0
            )
    )
