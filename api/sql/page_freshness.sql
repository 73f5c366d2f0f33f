-- How fresh each raw table is: when its last row was loaded, the last event among what came in the
-- two weeks before that, and rows of each of the last 14 UTC days. It reads the indexes on loaded_at.
with

recent (table_name, loaded_at, event_at) as (

    select
        'discord_interactions',
        loaded_at,
        occurred_at::timestamptz
    from raw.discord_interactions
    where loaded_at > (select max(loaded_at) - interval '14 days' from raw.discord_interactions)

    union all

    select
        'hero_summons',
        loaded_at,
        summoned_at::timestamptz
    from raw.hero_summons
    where loaded_at > (select max(loaded_at) - interval '14 days' from raw.hero_summons)

    union all

    select
        'heroes',
        loaded_at,
        updated_at::timestamptz
    from raw.heroes
    where loaded_at > (select max(loaded_at) - interval '14 days' from raw.heroes)

    union all

    select
        'hunting_drops',
        loaded_at,
        dropped_at::timestamptz
    from raw.hunting_drops
    where loaded_at > (select max(loaded_at) - interval '14 days' from raw.hunting_drops)

    union all

    select
        'hunting_encounters',
        loaded_at,
        encountered_at::timestamptz
    from raw.hunting_encounters
    where loaded_at > (select max(loaded_at) - interval '14 days' from raw.hunting_encounters)

    union all

    select
        'influence_predictions',
        loaded_at,
        voted_at::timestamptz
    from raw.influence_predictions
    where loaded_at > (select max(loaded_at) - interval '14 days' from raw.influence_predictions)

    union all

    select
        'jeweler_events',
        loaded_at,
        occurred_at::timestamptz
    from raw.jeweler_events
    where loaded_at > (select max(loaded_at) - interval '14 days' from raw.jeweler_events)

    union all

    select
        'lp_harvest_events',
        loaded_at,
        harvested_at::timestamptz
    from raw.lp_harvest_events
    where loaded_at > (select max(loaded_at) - interval '14 days' from raw.lp_harvest_events)

    union all

    select
        'lp_prices_daily',
        loaded_at,
        price_date::timestamptz
    from raw.lp_prices_daily
    where loaded_at > (select max(loaded_at) - interval '14 days' from raw.lp_prices_daily)

    union all

    select
        'lp_stake_events',
        loaded_at,
        occurred_at::timestamptz
    from raw.lp_stake_events
    where loaded_at > (select max(loaded_at) - interval '14 days' from raw.lp_stake_events)

    union all

    select
        'metis_battles',
        loaded_at,
        coalesce(completed_at, created_at)::timestamptz
    from raw.metis_battles
    where loaded_at > (select max(loaded_at) - interval '14 days' from raw.metis_battles)

    union all

    select
        'metis_patrol_events',
        loaded_at,
        completed_at::timestamptz
    from raw.metis_patrol_events
    where loaded_at > (select max(loaded_at) - interval '14 days' from raw.metis_patrol_events)

    union all

    select
        'pets',
        loaded_at,
        updated_at::timestamptz
    from raw.pets
    where loaded_at > (select max(loaded_at) - interval '14 days' from raw.pets)

    union all

    select
        'pvp_matches',
        loaded_at,
        matched_at::timestamptz
    from raw.pvp_matches
    where loaded_at > (select max(loaded_at) - interval '14 days' from raw.pvp_matches)

    union all

    select
        'quest_completions',
        loaded_at,
        completed_at::timestamptz
    from raw.quest_completions
    where loaded_at > (select max(loaded_at) - interval '14 days' from raw.quest_completions)

    union all

    select
        'seasonal_event_actions',
        loaded_at,
        occurred_at::timestamptz
    from raw.seasonal_event_actions
    where loaded_at > (select max(loaded_at) - interval '14 days' from raw.seasonal_event_actions)

    union all

    select
        'shell_events',
        loaded_at,
        occurred_at::timestamptz
    from raw.shell_events
    where loaded_at > (select max(loaded_at) - interval '14 days' from raw.shell_events)

    union all

    select
        'shell_raffle_entries',
        loaded_at,
        entered_at::timestamptz
    from raw.shell_raffle_entries
    where loaded_at > (select max(loaded_at) - interval '14 days' from raw.shell_raffle_entries)

    union all

    select
        'shell_raffle_results',
        loaded_at,
        drawn_at::timestamptz
    from raw.shell_raffle_results
    where loaded_at > (select max(loaded_at) - interval '14 days' from raw.shell_raffle_results)

    union all

    select
        'token_prices_daily',
        loaded_at,
        price_date::timestamptz
    from raw.token_prices_daily
    where loaded_at > (select max(loaded_at) - interval '14 days' from raw.token_prices_daily)

    union all

    select
        'tournament_entries',
        loaded_at,
        registered_at::timestamptz
    from raw.tournament_entries
    where loaded_at > (select max(loaded_at) - interval '14 days' from raw.tournament_entries)

    union all

    select
        'tournament_matches',
        loaded_at,
        completed_at::timestamptz
    from raw.tournament_matches
    where loaded_at > (select max(loaded_at) - interval '14 days' from raw.tournament_matches)

    union all

    select
        'vendor_transactions',
        loaded_at,
        occurred_at::timestamptz
    from raw.vendor_transactions
    where loaded_at > (select max(loaded_at) - interval '14 days' from raw.vendor_transactions)

    union all

    select
        'wallet_first_seen',
        loaded_at,
        first_tx_at::timestamptz
    from raw.wallet_first_seen
    where loaded_at > (select max(loaded_at) - interval '14 days' from raw.wallet_first_seen)

),

tables as (

    select names.table_name
    from information_schema.tables as names
    where names.table_schema = 'raw' and names.table_name <> 'rejected_rows'

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
                'x', 13 - number,
                'day', (now() at time zone 'UTC')::date - number,
                'rows', coalesce(loads.row_count, 0),
                'height',
                -- a day with few rows is seen as well
                case
                    when loads.row_count > 0
                        then round(greatest(loads.row_count * 20.0 / busiest.row_count, 1.5), 1)
                    else 0
                end
            )
            order by number desc
        ) as days
    from tables
    cross join generate_series(0, 13) as number
    left join loads
        on
            tables.table_name = loads.table_name
            and (now() at time zone 'UTC')::date - number = loads.day
    left join lateral (
        select max(all_loads.row_count) as row_count
        from loads as all_loads
        where all_loads.table_name = tables.table_name
    ) as busiest on true
    group by tables.table_name

)

select
    days.table_name,
    max(loads.loaded_at) as loaded_at,
    max(loads.event_at) as event_at,
    (
        select count(*) from raw.rejected_rows as rejected
        where rejected.table_name = days.table_name
    ) as rejected,
    days.days
from days
left join loads on days.table_name = loads.table_name
group by days.table_name, days.days
order by days.table_name
