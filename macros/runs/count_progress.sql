{# Counts how many clusters have reached each tier, and between which edges values are, for readers:
   app.tier_rarity and app.value_counts.

   To count is to read all progress. A full run always does. An incremental run does where a run that
   ended after the last count, such as itself, may have changed progress or tiers, and where the last
   count took less than half a second, or is a hundred times as long ago as it took, so that counting
   never costs more than a hundredth of the time. Runs of some clusters do not count.

   What is counted is what is stored when the run ends, and its as-of instant is that of the latest run
   that has counted. Two runs count one after another, each what both have written. What a run writes
   that goes on meanwhile may be counted or not: counted_at is not later than the start of the earliest
   of these, so that each of them ends after it.

   The edges (app.value_edges) grow as those of hedge/sql/calibration_histogram.sql do, from the smallest
   value that is stored on; zero is apart.

   Usage: on-run-end, after the row of the run is closed: {{ count_progress() }} #}
{% macro count_progress() -%}
        do $count$
        declare
            this_as_of timestamptz := (
                select as_of from {{ source('ledger', 'etl_runs') }}
                where invocation_id = '{{ invocation_id }}'
            );
            began timestamptz;
            running_since timestamptz;
        begin
            -- a run that could not begin has no row
            if this_as_of is null then
                return;
            end if;
            lock table app.counted_progress in share row exclusive mode;
            began := clock_timestamp();
            running_since := min(runs.started_at)
                from {{ source('ledger', 'etl_runs') }} as runs
                where runs.state = 'RUNNING';
            {% if run_kind() == 'INCREMENTAL' -%}
            if exists (
                select from app.counted_progress as last
                where
                    last.seconds >= 0.5
                    and began - last.counted_at
                    between interval '0' and 100 * make_interval(secs => last.seconds)
                    or not exists (
                        select from {{ source('ledger', 'etl_runs') }} as runs
                        where
                            coalesce(runs.finished_at, 'infinity') >= last.counted_at
                            and runs.kind not in ('BOARD', 'ENDS')
                            -- a deploy computes no cluster, and may change the tiers
                            and (runs.kind = 'DEPLOY' or runs.scope_size is distinct from 0)
                    )
            ) then
                return;
            end if;
            {%- endif %}

            delete from app.value_counts;
            with values_of_tiers as materialized (
                select
                    progress.challenge_key,
                    progress.tier,
                    progress.value,
                    count(*) as clusters
                from {{ target.schema }}.challenge_progress as progress
                group by progress.challenge_key, progress.tier, progress.value
            ),

            edges as (
                select app.value_edges() as edges
            ),

            placed as (
                select
                    values_of_tiers.*,
                    width_bucket(values_of_tiers.value, edges.edges) as bucket
                from values_of_tiers
                cross join edges
            )

            insert into app.value_counts
                (challenge_key, tier_code, from_value, below_value, clusters)
            select
                placed.challenge_key,
                placed.tier,
                coalesce(edges.edges[placed.bucket], 0),
                coalesce(edges.edges[placed.bucket + 1], 'infinity'),
                sum(placed.clusters)
            from placed
            cross join edges
            group by placed.challenge_key, placed.tier, placed.bucket, edges.edges;

            delete from app.tier_rarity;
            insert into app.tier_rarity (challenge_key, tier_code, clusters, share, as_of)
            select
                tiers.challenge_key,
                tiers.tier_code,
                coalesce(sum(counts.clusters) filter (where reached.sort_order >= tiers.sort_order), 0),
                round(
                    coalesce(
                        sum(counts.clusters) filter (where reached.sort_order >= tiers.sort_order), 0
                    ) / sum(counts.clusters),
                    6
                ),
                greatest(this_as_of, (select last.as_of from app.counted_progress as last))
            from {{ target.schema }}.challenge_tiers as tiers
            inner join app.value_counts as counts
                on tiers.challenge_key = counts.challenge_key
            left join {{ target.schema }}.challenge_tiers as reached
                on
                    counts.challenge_key = reached.challenge_key
                    and counts.tier_code = reached.tier_code
            group by tiers.challenge_key, tiers.tier_code;

            insert into app.counted_progress as last (as_of, counted_at, seconds)
            select
                this_as_of,
                least(began, running_since),
                extract(epoch from clock_timestamp() - began)
            on conflict (is_only) do update
            set
                as_of = greatest(last.as_of, excluded.as_of),
                counted_at = excluded.counted_at,
                seconds = excluded.seconds;
        end
        $count$
{%- endmacro %}
