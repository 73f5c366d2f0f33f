-- For each raw table: when its last row was loaded, the latest event among the rows of
-- the 14 days before that, and the number of rows loaded on each of the last 14 UTC
-- days. It reads only the indexes on loaded_at.
with

recent as (

    select
        'discord_interactions' as table_name,
        facts.loaded_at,
        facts.occurred_at::timestamptz as event_at
    from raw.discord_interactions as facts
    where
        facts.loaded_at > (
            select max(newest.loaded_at) - interval '14 days'
            from raw.discord_interactions as newest
        )

    union all

    select
        'hero_summons' as table_name,
        facts.loaded_at,
        facts.summoned_at::timestamptz as event_at
    from raw.hero_summons as facts
    where
        facts.loaded_at > (
            select max(newest.loaded_at) - interval '14 days'
            from raw.hero_summons as newest
        )

    union all

    select
        'heroes' as table_name,
        facts.loaded_at,
        facts.updated_at::timestamptz as event_at
    from raw.heroes as facts
    where
        facts.loaded_at > (
            select max(newest.loaded_at) - interval '14 days'
            from raw.heroes as newest
        )

    union all

    select
        'hunting_drops' as table_name,
        facts.loaded_at,
        facts.dropped_at::timestamptz as event_at
    from raw.hunting_drops as facts
    where
        facts.loaded_at > (
            select max(newest.loaded_at) - interval '14 days'
            from raw.hunting_drops as newest
        )

    union all

    select
        'hunting_encounters' as table_name,
        facts.loaded_at,
        facts.encountered_at::timestamptz as event_at
    from raw.hunting_encounters as facts
    where
        facts.loaded_at > (
            select max(newest.loaded_at) - interval '14 days'
            from raw.hunting_encounters as newest
        )

    union all

    select
        'influence_predictions' as table_name,
        facts.loaded_at,
        facts.voted_at::timestamptz as event_at
    from raw.influence_predictions as facts
    where
        facts.loaded_at > (
            select max(newest.loaded_at) - interval '14 days'
            from raw.influence_predictions as newest
        )

    union all

    select
        'jeweler_events' as table_name,
        facts.loaded_at,
        facts.occurred_at::timestamptz as event_at
    from raw.jeweler_events as facts
    where
        facts.loaded_at > (
            select max(newest.loaded_at) - interval '14 days'
            from raw.jeweler_events as newest
        )

    union all

    select
        'lp_harvest_events' as table_name,
        facts.loaded_at,
        facts.harvested_at::timestamptz as event_at
    from raw.lp_harvest_events as facts
    where
        facts.loaded_at > (
            select max(newest.loaded_at) - interval '14 days'
            from raw.lp_harvest_events as newest
        )

    union all

    select
        'lp_prices_daily' as table_name,
        facts.loaded_at,
        facts.price_date::timestamptz as event_at
    from raw.lp_prices_daily as facts
    where
        facts.loaded_at > (
            select max(newest.loaded_at) - interval '14 days'
            from raw.lp_prices_daily as newest
        )

    union all

    select
        'lp_stake_events' as table_name,
        facts.loaded_at,
        facts.occurred_at::timestamptz as event_at
    from raw.lp_stake_events as facts
    where
        facts.loaded_at > (
            select max(newest.loaded_at) - interval '14 days'
            from raw.lp_stake_events as newest
        )

    union all

    select
        'metis_battles' as table_name,
        facts.loaded_at,
        coalesce(facts.completed_at, facts.created_at)::timestamptz as event_at
    from raw.metis_battles as facts
    where
        facts.loaded_at > (
            select max(newest.loaded_at) - interval '14 days'
            from raw.metis_battles as newest
        )

    union all

    select
        'metis_patrol_events' as table_name,
        facts.loaded_at,
        facts.completed_at::timestamptz as event_at
    from raw.metis_patrol_events as facts
    where
        facts.loaded_at > (
            select max(newest.loaded_at) - interval '14 days'
            from raw.metis_patrol_events as newest
        )

    union all

    select
        'pets' as table_name,
        facts.loaded_at,
        facts.updated_at::timestamptz as event_at
    from raw.pets as facts
    where
        facts.loaded_at > (
            select max(newest.loaded_at) - interval '14 days'
            from raw.pets as newest
        )

    union all

    select
        'pvp_matches' as table_name,
        facts.loaded_at,
        facts.matched_at::timestamptz as event_at
    from raw.pvp_matches as facts
    where
        facts.loaded_at > (
            select max(newest.loaded_at) - interval '14 days'
            from raw.pvp_matches as newest
        )

    union all

    select
        'quest_completions' as table_name,
        facts.loaded_at,
        facts.completed_at::timestamptz as event_at
    from raw.quest_completions as facts
    where
        facts.loaded_at > (
            select max(newest.loaded_at) - interval '14 days'
            from raw.quest_completions as newest
        )

    union all

    select
        'seasonal_event_actions' as table_name,
        facts.loaded_at,
        facts.occurred_at::timestamptz as event_at
    from raw.seasonal_event_actions as facts
    where
        facts.loaded_at > (
            select max(newest.loaded_at) - interval '14 days'
            from raw.seasonal_event_actions as newest
        )

    union all

    select
        'shell_events' as table_name,
        facts.loaded_at,
        facts.occurred_at::timestamptz as event_at
    from raw.shell_events as facts
    where
        facts.loaded_at > (
            select max(newest.loaded_at) - interval '14 days'
            from raw.shell_events as newest
        )

    union all

    select
        'shell_raffle_entries' as table_name,
        facts.loaded_at,
        facts.entered_at::timestamptz as event_at
    from raw.shell_raffle_entries as facts
    where
        facts.loaded_at > (
            select max(newest.loaded_at) - interval '14 days'
            from raw.shell_raffle_entries as newest
        )

    union all

    select
        'shell_raffle_results' as table_name,
        facts.loaded_at,
        facts.drawn_at::timestamptz as event_at
    from raw.shell_raffle_results as facts
    where
        facts.loaded_at > (
            select max(newest.loaded_at) - interval '14 days'
            from raw.shell_raffle_results as newest
        )

    union all

    select
        'token_prices_daily' as table_name,
        facts.loaded_at,
        facts.price_date::timestamptz as event_at
    from raw.token_prices_daily as facts
    where
        facts.loaded_at > (
            select max(newest.loaded_at) - interval '14 days'
            from raw.token_prices_daily as newest
        )

    union all

    select
        'tournament_entries' as table_name,
        facts.loaded_at,
        facts.registered_at::timestamptz as event_at
    from raw.tournament_entries as facts
    where
        facts.loaded_at > (
            select max(newest.loaded_at) - interval '14 days'
            from raw.tournament_entries as newest
        )

    union all

    select
        'tournament_matches' as table_name,
        facts.loaded_at,
        facts.completed_at::timestamptz as event_at
    from raw.tournament_matches as facts
    where
        facts.loaded_at > (
            select max(newest.loaded_at) - interval '14 days'
            from raw.tournament_matches as newest
        )

    union all

    select
        'vendor_transactions' as table_name,
        facts.loaded_at,
        facts.occurred_at::timestamptz as event_at
    from raw.vendor_transactions as facts
    where
        facts.loaded_at > (
            select max(newest.loaded_at) - interval '14 days'
            from raw.vendor_transactions as newest
        )

    union all

    select
        'wallet_first_seen' as table_name,
        facts.loaded_at,
        facts.first_tx_at::timestamptz as event_at
    from raw.wallet_first_seen as facts
    where
        facts.loaded_at > (
            select max(newest.loaded_at) - interval '14 days'
            from raw.wallet_first_seen as newest
        )

),

tables as (

    select listed.table_name
    from information_schema.tables as listed
    where
        listed.table_schema = 'raw'
        and listed.table_name not in (
            'rejected_rows', 'removed_facts', 'left_out_heroes', 'left_out_pets'
        )

),

loads as (

    select
        recent.table_name,
        (recent.loaded_at at time zone 'UTC')::date as day,
        count(*) as row_count,
        max(recent.loaded_at) as loaded_at,
        max(recent.event_at) as event_at
    from recent
    group by recent.table_name, (recent.loaded_at at time zone 'UTC')::date

),

days as (

    select
        tables.table_name,
        jsonb_agg(
            jsonb_build_object(
                'x', 13 - age,
                'day', (now() at time zone 'UTC')::date - age,
                'rows', coalesce(loads.row_count, 0),
                'height',
                -- a day with few rows is seen as well
                case
                    when loads.row_count > 0
                        then
                            round(
                                greatest(
                                    loads.row_count * 20.0 / busiest.row_count, 1.5
                                ),
                                1
                            )
                    else 0
                end
            )
            order by age desc
        ) as days
    from tables
    cross join generate_series(0, 13) as age
    left join loads
        on
            tables.table_name = loads.table_name
            and (now() at time zone 'UTC')::date - age = loads.day
    left join lateral (
        select max(all_loads.row_count) as row_count
        from loads as all_loads
        where all_loads.table_name = tables.table_name
    ) as busiest on true
    group by tables.table_name

)

select
    days.table_name,
    days.days,
    max(loads.loaded_at) as loaded_at,
    max(loads.event_at) as event_at,
    (
        select count(*) from raw.rejected_rows as rejected
        where rejected.table_name = days.table_name
    ) as rejected
from days
left join loads on days.table_name = loads.table_name
group by days.table_name, days.days
order by days.table_name
