{# Gold that vendors got and gave, as its logs state it. One row per log. #}
{#
   The vendors are those of the seed vendors. By which method it was paid is in the input of the
   transaction, and not in the log: the fact waits until a file says it.
#}
select
    logs.tx_hash,
    logs.log_index,
    logs.chain_id,
    logs.block_number,
    case when vendors.address = logs.receiver then logs.sender else logs.receiver end
        as wallet_address,
    vendors.vendor,
    {{ scaled_amount('logs.value', 3) }} as gold_amount,
    case when vendors.address = logs.receiver then 'SPEND' else 'EARN' end as direction,
    logs.occurred_at,
    {{ is_valid_log() }} as is_fact

from {{ ref('log_gold_transfer') }} as logs
inner join {{ ref('vendors') }} as vendors
    on
        logs.chain_id = vendors.chain_id
        and vendors.address in (logs.sender, logs.receiver)
