-- The challenges whose values at the ends of days, weeks or months everybody may see.
-- From the values of single days one would learn on which days somebody used Discord,
-- so those are left out that count it, also through another metric.
with

-- every derived metric source reads all facts; what its metrics rest on is listed
counting as (

    select facts.metric_source
    from app.metric_source_tables as facts
    where
        facts.table_name = 'discord_interactions'
        and facts.metric_source not in (
            select inputs.metric_source from analytics.metric_inputs as inputs
        )

),

telling as (

    select
        challenges.key,
        challenges.metric_source in (select counting.metric_source from counting)
        or exists (
            select from analytics.metric_inputs as inputs
            where
                inputs.metric_source = challenges.metric_source
                and inputs.metric_key = challenges.metric_key
                and inputs.input_source in (
                    select counting.metric_source from counting
                )
        ) as tells_days
    from analytics.challenges
    where challenges.state <> 'draft'

)

select telling.key
from telling
where %(unit)s <> 'day' or not telling.tells_days
