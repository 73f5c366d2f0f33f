{# Creates the function next_tier, which decides what the next tier of a value is.

   It returns the lowest tier of a challenge whose threshold is above a value, or no row for a
   value that has reached the last tier. PostgreSQL inlines it into the query that calls it,
   so it costs the same as the subquery in its body. The queries of the command line, the API
   and the pages call it; it is created beside the view challenge_ladders, so that a scratch
   schema of a preview has its own.

   Usage: {{ config(post_hook="{{ create_next_tier(this, ref('challenge_tiers')) }}") }}
   - ladders (relation): the relation whose schema the function is created in
   - tiers (relation): the relation with the tiers

   In a query: left join lateral analytics.next_tier(challenge_key, value) as next_tier
   on true #}
{% macro create_next_tier(ladders, tiers) -%}
create or replace function {{ ladders.incorporate(path={'identifier': 'next_tier'}) }}(
    of_challenge text, above_value numeric
) returns table (tier_code text, display_name text, threshold_value numeric)
language sql stable parallel safe rows 1
as $$
    select
        tier_code,
        display_name,
        threshold_value

    from {{ tiers.include(database=false) }}
    where
        challenge_key = of_challenge
        and threshold_value > above_value
    order by sort_order
    limit 1
$$
{%- endmacro %}
