{# Incremental strategy first_wins: of the unlocks of a tier that a run computes, the one with the
   earliest instant is kept, and one that was revoked stays as history.

   At most one row of a tier is not revoked; a partial unique index makes sure of that. The
   computed rows are of two kinds. One with an unlocked_at that the mart has not is a new unlock: it
   is inserted, or moves the row that is not revoked to its earlier instant. One with the
   unlocked_at of a row that is not revoked changes this row: it revokes it, or sets fell_at. So the
   result does not depend on which of two runs commits last, with one exception: a run as of an
   instant before a tier was revoked cannot unlock it again.

   The strategy has no _remove_stale: no row is ever deleted, but those of an account that was deleted
   (finish_run).

   Usage: {{ config(incremental_strategy='first_wins', unique_key=[.., 'unlocked_at']) }}
   - mart (dict[string, any]): see the materialization incremental #}
{% macro first_wins_write(mart) %}

    {%- set tier = mart.key | reject('equalto', 'unlocked_at') | list -%}

    insert into {{ mart.target }} as existing ({{ mart.columns | join(', ') }})
    select computed.{{ mart.columns | join(', computed.') }}
    from {{ mart.computed }} as computed
    where
        {{ in_batch(mart, 'computed.cluster_id') }}
        and computed.fell_at is null
        and computed.revoked_at is null
        and not exists (
            select from {{ mart.target }} as history
            where
                {%- for column in tier %}
                {{ 'and ' if not loop.first }}history.{{ column }} = computed.{{ column }}
                {%- endfor %}
                and history.revoked_at is not null
                and (
                    history.unlocked_at >= computed.unlocked_at
                    or history.revoked_at > computed.unlocked_at
                )
        )
    order by computed.{{ mart.key | join(', computed.') }}
    on conflict ({{ tier | join(', ') }}) where revoked_at is null do update
    set
        unlocked_at = excluded.unlocked_at,
        reached_at = excluded.reached_at,
        run_id = excluded.run_id,
        definitions = excluded.definitions
    where existing.unlocked_at > excluded.unlocked_at

{% endmacro %}


{# Changes the rows that are not revoked. It locks the rows of all tiers that the run has computed,
   in the order of their key, so that the insertion that follows sees what other runs revoked.

   - mart (dict[string, any]): see the materialization incremental #}
{% macro first_wins_update(mart) %}

    {%- set tier = mart.key | reject('equalto', 'unlocked_at') | list -%}

    with locked as materialized (
        select
            found.{{ tier | join(', found.') }},
            computed.unlocked_at,
            computed.fell_at,
            computed.revoked_at,
            computed.revoked_reason

        from {{ mart.computed }} as computed
        inner join {{ mart.target }} as found
            on
                {%- for column in tier %}
                {{ 'and ' if not loop.first }}computed.{{ column }} = found.{{ column }}
                {%- endfor %}
        where
            {{ in_batch(mart, 'computed.cluster_id') }}
            and found.revoked_at is null
        order by found.{{ tier | join(', found.') }}
        for update of found
    )
    update {{ mart.target }} as existing
    set
        fell_at = locked.fell_at,
        revoked_at = locked.revoked_at,
        revoked_reason = locked.revoked_reason
    from locked
    where
        existing.revoked_at is null
        {%- for column in tier %}
        and existing.{{ column }} = locked.{{ column }}
        {%- endfor %}
        -- another run may have moved it to an earlier instant since
        and existing.unlocked_at <= locked.unlocked_at
        and (existing.fell_at, existing.revoked_at)
        is distinct from (locked.fell_at, locked.revoked_at)

{% endmacro %}


{# The index that keeps a tier from being unlocked twice, and the one that finds who reached a tier
   first or last.

   - mart (dict[string, any]): see the materialization incremental #}
{% macro first_wins_index(mart) %}
    create unique index if not exists {{ mart.target.identifier }}_not_revoked
    on {{ mart.target }} (
        {{ mart.key | reject('equalto', 'unlocked_at') | join(', ') }}
    )
    where revoked_at is null;
    create index if not exists {{ mart.target.identifier }}_of_tiers
    on {{ mart.target }}
    (challenge_key, tier_code, kind, coalesce(reached_at, unlocked_at), unlocked_at)
    where revoked_at is null
{% endmacro %}


{# Fills reached_at of the tiers that the run has found newly reached, where the facts of the metric
   add up. The facts are read only of the clusters and metrics concerned. After a run that finds
   more than 10,000, as the first one does, reached_at stays null: to read the facts of everybody
   would take as long as the run.

   - mart (dict[string, any]): see the materialization incremental #}
{% macro first_wins_complete(mart) %}

    {%- call statement('newly_reached', fetch_result=True) -%}
        {{ first_wins_newly_reached(mart) }}
    {%- endcall -%}
    {%- set found = {} -%}
    {%- for source, key, clusters in load_result('newly_reached').data -%}
        {%- do found.update({source ~ '.' ~ key: fromjson(clusters)}) -%}
    {%- endfor -%}
    {%- if found -%}
        {#- Without statistics of the unlocks the planner joins them by a nested loop. -#}
        {%- call statement('analyze_computed') -%}analyze {{ mart.computed }}{%- endcall -%}
    {%- endif -%}
    {%- for metric in (described_metrics() if found else [])
        if metric.source ~ '.' ~ metric.key in found and adds_up(metric) -%}
        {% call statement('reached') -%}
            {{ first_wins_reached(mart, metric, found[metric.source ~ '.' ~ metric.key]) }}
        {%- endcall %}
    {%- endfor -%}

{% endmacro %}


{# The statement that finds the metrics in which tiers are newly reached, with the clusters that reached
   them; none where more than 10,000 are.

   - mart (dict[string, any]): see the materialization incremental #}
{% macro first_wins_newly_reached(mart) %}

    with reached as materialized (
        select
            computed.cluster_id,
            computed.challenge_key
        from {{ mart.computed }} as computed
        where
            computed.kind = 'TIER'
            and computed.reached_at is null
            and computed.fell_at is null
            and computed.revoked_at is null
    ),

    counted as (
        select count(*) as tiers from reached
    )

    select
        challenges.metric_source,
        challenges.metric_key,
        to_json(array_agg(distinct reached.cluster_id))::text as clusters

    from reached
    inner join {{ ref('challenges') }} as challenges
        on reached.challenge_key = challenges.key
    where (select counted.tiers from counted) <= 10000
    group by challenges.metric_source, challenges.metric_key

{% endmacro %}


{# Fills reached_at of the new unlocks of a metric in the table that was computed.

   - mart (dict[string, any]): see the materialization incremental
   - metric (dict[string, any]): an element of described_metrics()
   - clusters (list[string]): the names of the clusters with new unlocks #}
{% macro first_wins_reached(mart, metric, clusters) %}

    with totals as (
        {{ totals_of_events(metric, clusters) }}
    ),

    -- materialized: the planner expects few totals, and would read the views of the
    -- catalogue again for each of them
    unlocked as materialized (
        select
            unlocks.cluster_id,
            unlocks.challenge_key,
            unlocks.tier_code,
            tiers.threshold_value

        from {{ mart.computed }} as unlocks
        inner join {{ ref('challenges') }} as challenges
            on unlocks.challenge_key = challenges.key
        inner join {{ ref('challenge_tiers') }} as tiers
            on
                unlocks.challenge_key = tiers.challenge_key
                and unlocks.tier_code = tiers.tier_code
        where
            challenges.metric_source = '{{ metric.source }}'
            and challenges.metric_key = '{{ metric.key }}'
    ),

    -- materialized: a nested loop would compute it again for every unlock
    reached as materialized (
        select
            unlocked.cluster_id,
            unlocked.challenge_key,
            unlocked.tier_code,
            min(totals.occurred_at) as reached_at

        from unlocked
        inner join totals
            on
                unlocked.cluster_id = totals.cluster_id
                and unlocked.threshold_value <= round(totals.total, 6)
        group by unlocked.cluster_id, unlocked.challenge_key, unlocked.tier_code
    )
    update {{ mart.computed }} as computed
    set reached_at = reached.reached_at
    from reached
    where
        computed.cluster_id = reached.cluster_id
        and computed.challenge_key = reached.challenge_key
        and computed.tier_code = reached.tier_code
        and computed.kind = 'TIER'
        and computed.fell_at is null
        and computed.revoked_at is null

{% endmacro %}
