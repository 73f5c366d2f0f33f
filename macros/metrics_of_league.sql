{# Selects the metrics of a league, one row per cluster and window: points, firsts, seconds, thirds,
   seconds_and_thirds and early_exits.

   seconds_and_thirds is the seconds, and a millionth for each third: one ordering key of a board that
   ranks by seconds and then by thirds.

   Usage: {{ metrics_of_league('metis_open') }}
   - league (string): the key of the league in seeds/leagues.csv #}
{% macro metrics_of_league(league) -%}
    select
        cluster_id,
        window_key,
        coalesce(sum(points) filter (where gives_points), 0)::numeric(60, 6) as points,
        count(*) filter (where place = 1) as firsts,
        count(*) filter (where place = 2) as seconds,
        count(*) filter (where place = 3) as thirds,
        sum(
            case place when 2 then 1 when 3 then 0.000001 else 0 end
        )::numeric(60, 6) as seconds_and_thirds,
        count(*) filter (where is_early_exit) as early_exits

    from {{ ref('league_placings') }}
    where league_key = '{{ league }}' and is_best
    group by cluster_id, window_key
{%- endmacro %}
