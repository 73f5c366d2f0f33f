{# Reads a view through a set-returning function beside it, analytics.<view>_rows.

   PostgreSQL expands a view into every query that reads it and plans it there, as often as the
   view is read. The function's query is planned once in a session. And a view with a window
   function or a lateral subquery keeps the whole query above it in one process; a call of the
   function, which is parallel safe, can be executed by a parallel worker.

   The function is opaque to the planner. Conditions of the query that calls it do not reach the
   view, except the values that are passed as arguments: the view is planned with them.

   Usage: from {{ view_function(ref('onchain_pvp'), 'null', "array['busy']") }} as metrics
       in a project in which the view, or a model before this one, has the hook
       {{ config(post_hook="{{ create_view_function(this, rows=10000) }}") }}
   - view (relation): the view; after it, for each column of `filters`, an array of
     text with the values to return, or null for all #}
{% macro view_function(view) -%}
{{ view_function_name(view) }}({{ varargs | join(', ') }})
{%- endmacro %}


{# Creates the function of a view.


   The function returns rows of the view, so that columns keep their collations. Its body names
   the view without the database, so that a copy of the database under another name works.

   - view (relation): the view
   - rows (integer): about how many rows the planner is to expect
   - cost (integer): the cost that the planner is to expect, in units of
     cpu_operator_cost; a high cost makes it use a parallel worker
   - filters (list[string]): the columns of type text by which a caller can filter #}
{% macro create_view_function(view, rows, cost=100, filters=[]) -%}
create or replace function {{ view_function_name(view) }}(
    {%- for column in filters %}text[]{{ ', ' if not loop.last }}{% endfor -%}
) returns setof {{ view }}
language plpgsql stable parallel {{ parallel_safety() }} rows {{ rows }} cost {{ cost }}
as $$
begin
    return query
    select * from {{ view.include(database=false) }}
    where
        true
    {%- for column in filters %}
        and (${{ loop.index }} is null or {{ column }} = any(${{ loop.index }}))
    {%- endfor %};
end
$$
{%- endmacro %}


{# Whether PostgreSQL may execute a function of a view in a parallel worker: `safe`, or `unsafe` in a
   database with the extension Citus, which sets a parameter when it plans a query. PostgreSQL refuses
   that in a parallel worker (`cannot be set during a parallel operation`). #}
{% macro parallel_safety() -%}
    {%- if execute and asked_once(
        "select exists(select from pg_extension where extname = 'citus')"
    )[0][0] -%}
        unsafe
    {%- else -%}
        safe
    {%- endif -%}
{%- endmacro %}


{# Drops all functions that return rows of a view, whatever their names and arguments, so that
   the view can be dropped. With cascade, the views that call them are dropped too.

   - view (relation): the view
   - cascade (bool): whether the views that call them are dropped too #}
{% macro drop_view_functions(view, cascade) -%}
do $$
declare
    view_function regprocedure;
begin
    for view_function in
        select oid from pg_proc
        where prorettype = to_regtype('{{ view.include(database=false) }}')
    loop
        execute format('drop function %s {{ 'cascade' if cascade }}', view_function);
    end loop;
end
$$
{%- endmacro %}


{# The name of the function of a view.

   - view (relation): the view #}
{% macro view_function_name(view) -%}
{{ view.incorporate(path={'identifier': view.identifier ~ '_rows'}) }}
{%- endmacro %}
