-- Deletes what the player of an account did on Discord. The trigger of the table keeps
-- key and time of each interaction, and no values; of those that were removed before,
-- the values are deleted, too.
with

account as (

    select
        discord_id,
        set_config('hedge.forget_removed', 'on', true) as forgotten,
        set_config('hedge.removal_reason', 'the account was deleted', true) as reason
    from app.players
    where player_id = %(player)s

),

removed_before as (

    update raw.removed_facts set fact = null
    from account
    where
        removed_facts.table_name = 'discord_interactions'
        and removed_facts.fact ->> 'discord_id' = account.discord_id

)

delete from raw.discord_interactions
using account
where discord_interactions.discord_id = account.discord_id
