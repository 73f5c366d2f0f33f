{# Deposits and withdrawals as what a cluster held, from when until when, in each window.

   The amounts of all wallets of a cluster are summed in event order. One row per stretch
   of time in which they stood unchanged and above zero, cut to the window; stretches that
   follow each other without a break share a holding_number. is_held_at_the_end says that
   the stretch holds just before the window ends.

   Usage: {{ held_positions(ref('stg_lp_stake_events'),
       per=['chain_id', 'pool_id'], amounts=['lp_amount'], held_by='lp_amount') }}
   - per: what a position is kept in, besides the cluster
   - amounts: the signed amounts to sum
   - held_by: the amount that says whether anything is held #}
{% macro held_positions(events, per, amounts, held_by) -%}
    {%- set key = ['cluster_id'] + per -%}
    {%- set position = key | join(', ') -%}

    with

    events as (

        select
            wallets.cluster_id,
            events.*

        from {{ events }} as events
        inner join {{ ref('cluster_wallets') }} as wallets
            on events.wallet_address = wallets.wallet_address

    ),

    balances as (

        select
            {{ position }},
            occurred_at as held_from,
            {% for amount in amounts -%}
            sum({{ amount }}) over in_order as {{ amount }},
            {% endfor -%}
            coalesce(lead(occurred_at) over in_order, 'infinity') as held_until

        from events
        window in_order as (
            partition by {{ position }} order by occurred_at, tx_hash, log_index
        )

    ),

    stretches as (

        select
            *,
            -- equal numbers of empty stretches so far: held without a break
            count(*) filter (where {{ held_by }} <= 0) over (
                partition by {{ position }} order by held_from
            ) as holding_number

        from balances
        -- of several events at one instant, only the last balance ever held
        where held_from < held_until

    )

    select
        stretches.{{ key | join(',\n        stretches.') }},
        windows.window_key,
        windows.ends_at as window_ends_at,
        stretches.holding_number,
        {% for amount in amounts -%}
        stretches.{{ amount }},
        {% endfor -%}
        greatest(stretches.held_from, windows.starts_at) as held_from,
        least(stretches.held_until, windows.ends_at) as held_until,
        stretches.held_until >= windows.ends_at as is_held_at_the_end

    from stretches
    inner join {{ ref('windows') }} as windows
        on
            stretches.held_from < windows.ends_at
            and (
                stretches.held_until > windows.starts_at
                or stretches.held_until >= windows.ends_at
            )
    where stretches.{{ held_by }} > 0
{%- endmacro %}
