{# JEWEL that was locked and taken back, as its logs state it. One row per log. #}
{#
   The log of a deposit has the new total of the wallet, so that its amount is the difference from
   the total before it: of the deposit before, less what was taken back since. The log of a
   withdrawal does not say how much cJEWEL ended; a transfer to no address in the same transaction
   does. Each sum is one of logs that are in a block, or of those that are not.
#}
{% set of_wallet = 'partition by logs.chain_id, logs.topic1, logs.is_valid' %}
{% set in_order = 'order by logs.block_number, logs.log_index' %}
select
    events.chain_id,
    events.block_number,
    events.topic1 as object_word,
    events.tx_hash,
    events.log_index,
    events.wallet_address,
    events.action,
    {{ scaled_amount('events.jewel') }} as jewel_amount,
    {{ scaled_amount('events.cjewel') }} as cjewel_amount,
    events.occurred_at,
    events.is_valid as is_fact

from (
    select
        logs.*,
        case
            when logs.action = 'WITHDRAW' then logs.amount
            else
                logs.amount + logs.withdrawn - coalesce(
                    lag(logs.amount + logs.withdrawn) over (
                        {{ of_wallet }}, logs.action {{ in_order }}
                    ),
                    logs.withdrawn
                )
        end as jewel,
        case when logs.action = 'WITHDRAW' then logs.ended else logs.received end
            as cjewel

    from (
        select
            logs.*,
            coalesce(
                sum(logs.amount) filter (where logs.action = 'WITHDRAW') over (
                    {{ of_wallet }} {{ in_order }}
                ),
                0
            ) as withdrawn,
            sum(logs.amount) filter (where logs.action = 'END') over (
                {{ of_wallet }}, logs.tx_hash
            ) as ended

        from (
            select
                logs.chain_id,
                logs.block_number,
                logs.topic1,
                logs.tx_hash,
                logs.log_index,
                logs.occurred_at,
                {{ is_valid_log() }} as is_valid,
                logs.provider as wallet_address,
                'DEPOSIT' as action,
                logs.user__amount as amount,
                logs.gov_token_received as received
            from {{ ref('log_cjewel_deposit') }} as logs

            union all

            select
                logs.chain_id,
                logs.block_number,
                logs.topic1,
                logs.tx_hash,
                logs.log_index,
                logs.occurred_at,
                {{ is_valid_log() }} as is_valid,
                logs.provider as wallet_address,
                'WITHDRAW' as action,
                logs.value as amount,
                null as received
            from {{ ref('log_cjewel_withdraw') }} as logs

            union all

            select
                logs.chain_id,
                logs.block_number,
                logs.topic1,
                logs.tx_hash,
                logs.log_index,
                logs.occurred_at,
                {{ is_valid_log() }} as is_valid,
                logs.sender as wallet_address,
                -- a condition would keep those of readers from the indexes
                case
                    when logs.receiver = '0x0000000000000000000000000000000000000000'
                        then 'END'
                    else 'MOVE'
                end as action,
                logs.value as amount,
                null as received
            from {{ ref('log_cjewel_transfer') }} as logs
        ) as logs
    ) as logs
) as events
where events.action in ('DEPOSIT', 'WITHDRAW')
