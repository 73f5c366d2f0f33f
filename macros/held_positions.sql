{# Turns deposits and withdrawals into the positions that each cluster held in each window.

   The amounts of all wallets of a cluster are summed in the order of the events. There is one row
   per stretch of time in which the sums are constant and above zero, cut to the window.
   Stretches that follow each other without a gap have the same holding_number.
   is_held_at_the_end is true if the stretch includes the last instant of the window.

   Usage: {{ held_positions(ref('stg_lp_stake_events'),
       per=['chain_id', 'pool_id'], amounts=['lp_amount'], held_by='lp_amount') }}
   - events (relation): a relation with wallet_address, occurred_at, tx_hash and
     log_index
   - per (list[string]): the columns that, with the cluster, identify a position
   - amounts (list[string]): the signed amounts to sum
   - held_by (string): the amount whose sum is above zero while the position is held #}
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
            -- the number of empty stretches so far is equal within an unbroken holding
            count(*) filter (where {{ held_by }} <= 0) over (
                partition by {{ position }} order by held_from
            ) as holding_number

        from balances
        -- of several events at one instant, only the last balance lasts
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
