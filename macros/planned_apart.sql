{# The rows of a view through a function, which PostgreSQL plans apart from its readers.

   A view is planned into every query that reads it, as often as it is read; this is planned
   once in a session. And where a view has a window or a lateral subquery, PostgreSQL lets
   no query above it be shared out among processes; this one may be.

   No condition of a reader reaches into it, save what it takes as an argument; that is
   planned with its values.

   Usage: from {{ planned_apart(ref('window_spans')) }} as spans
   in a model with
   {{ config(pre_hook="{{ create_planned_apart(ref('window_spans'), rows=16) }}") }}
   - rows: about how many the planner shall expect
   - cost: what it shall expect them to cost, in its operators; much is worth a process
   - by: columns of text; for each of them readers give an array of the values they want, or
     null for all: planned_apart(ref('onchain_pvp'), 'null', "array['busy']") #}
{% macro planned_apart(view) -%}
{{ function_beside(view) }}({{ varargs | join(', ') }})
{%- endmacro %}


{# Creates that function. It names the view in a text, because its plan is its own (and
   not the database, which may be copied under another name), and returns the rows as
   the view has them, collations included. #}
{% macro create_planned_apart(view, rows, cost=100, by=[]) -%}
create or replace function {{ function_beside(view) }}(
    {%- for column in by %}text[]{{ ', ' if not loop.last }}{% endfor -%}
) returns setof {{ view }}
language plpgsql stable parallel safe rows {{ rows }} cost {{ cost }}
as $$
begin
    return query select * from {{ view.include(database=false) }} where true
    {%- for column in by %}
        and (${{ loop.index }} is null or {{ column }} = any(${{ loop.index }}))
    {%- endfor %};
end
$$
{%- endmacro %}


{# Drops it, whatever arguments it was created with; `cascade` takes what reads it along. #}
{% macro drop_planned_apart(view, cascade) -%}
do $$
declare
    beside regprocedure;
begin
    for beside in
        select oid from pg_proc
        where prorettype = to_regtype('{{ view.include(database=false) }}')
    loop
        execute format('drop function %s {{ 'cascade' if cascade }}', beside);
    end loop;
end
$$
{%- endmacro %}


{# The name of that function. #}
{% macro function_beside(view) -%}
{{ view.incorporate(path={'identifier': view.identifier ~ '_planned_apart'}) }}
{%- endmacro %}
