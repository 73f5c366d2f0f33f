{# The rows of a view through a function, which PostgreSQL plans once in a session: a
   view is planned into every query that reads it, as often as it is read.

   For a small view that many models join, and that no condition needs to reach into.

   Usage: from {{ planned_apart(ref('window_spans')) }} as spans
   in a model with
   {{ config(pre_hook="{{ create_planned_apart(ref('window_spans'), rows=16) }}") }}
   - rows: about how many the planner shall expect #}
{% macro planned_apart(view) -%}
{{ view.incorporate(path={'identifier': view.identifier ~ '_planned_apart'}) }}()
{%- endmacro %}


{# Creates that function. It names the view in a text, because its plan is its own (and
   not the database, which may be copied under another name), and returns the rows as
   the view has them, collations included. #}
{% macro create_planned_apart(view, rows) -%}
create or replace function {{ planned_apart(view) }} returns setof {{ view }}
language plpgsql stable parallel safe rows {{ rows }}
as $$ begin return query select * from {{ view.include(database=false) }}; end $$
{%- endmacro %}
