{# Summoned heroes, as the logs of DFK Chain state them. One row per log. #}
{#
   A hero of generation 0 has no parents. Where the generation of a parent becomes known later, the
   log is decoded again (app.note_children).
#}
select
    logs.tx_hash,
    logs.log_index,
    logs.chain_id,
    logs.block_number,
    logs.hero_id,
    logs.owner as summoner_wallet,
    nullif(logs.summoner_id, 0) as summoner_id,
    nullif(logs.assistant_id, 0) as assistant_id,
    logs.stat_genes,
    logs.visual_genes,
    case
        when logs.summoner_id = 0 and logs.assistant_id = 0 then 0
        when summoners.generation is not null and assistants.generation is not null
            then 1 + greatest(summoners.generation, assistants.generation)
    end as generation,
    logs.occurred_at as summoned_at,
    {{ is_valid_log() }} as is_fact

from (
    select * from {{ ref('log_hero_core_hero_summoned') }}
    union all
    select * from {{ ref('log_hero_core_hero_dark_summoned') }}
) as logs
-- noqa: disable=ST05
left join lateral ({{ generation_of('logs.summoner_id') }}) as summoners on true
left join lateral ({{ generation_of('logs.assistant_id') }}) as assistants on true
