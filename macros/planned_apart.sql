{# The rows of a view through a function, which PostgreSQL plans apart from its readers.

   A view is planned into every query that reads it, as often as it is read; this is planned
   once in a session. And where a view has a window or a lateral subquery, PostgreSQL lets
   no query above it be shared out among processes; this one may be.

   For a view that no other condition needs to reach into.

   Usage: from {{ planned_apart(ref('window_spans')) }} as spans
   in a model with
   {{ config(pre_hook="{{ create_planned_apart(ref('window_spans'), rows=16) }}") }}
   - rows: about how many the planner shall expect
   - cost: what it shall expect them to cost, in its operators; much is worth a process
   - by: a column of text, of which readers name the values they want, as an array; null is
     all: planned_apart(ref('onchain_pvp'), 'null') #}
{% macro planned_apart(view, values='') -%}
{{ function_beside(view) }}({{ values }})
{%- endmacro %}


{# Creates that function. It names the view in a text, because its plan is its own (and
   not the database, which may be copied under another name), and returns the rows as
   the view has them, collations included. #}
{% macro create_planned_apart(view, rows, cost=100, by=none) -%}
create or replace function {{ planned_apart(view, 'text[]' if by else '') }}
returns setof {{ view }}
language plpgsql stable parallel safe rows {{ rows }} cost {{ cost }}
as $$
begin
    return query select * from {{ view.include(database=false) }}
    {%- if by %} where $1 is null or {{ by }} = any($1) {%- endif %};
end
$$
{%- endmacro %}


{# The name of that function. #}
{% macro function_beside(view) -%}
{{ view.incorporate(path={'identifier': view.identifier ~ '_planned_apart'}) }}
{%- endmacro %}
