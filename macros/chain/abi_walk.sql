{# What a value of a payload is, as expressions: a text for a column, or a list of names and such
   values for a tuple. What has to be computed before, and what has to hold, is added to `into`.

   A value behind a pointer, and the number of items of an array, are columns of subqueries, so that
   each is computed once. An array of words is an array, any other array is JSON.

   Usage: {% set value = abi_walk(node, '64', into) %}
   - node (dict[string, any]): a parameter, component or item
   - place (string): an expression of the place where it begins
   - into (dict[string, any]): payload (an expression), bigints (list of names), names (a list as
     long as there are names of subqueries), steps (subqueries in their order), checks #}
{% macro abi_walk(node, place, into) -%}
    {%- if node.sizes -%}
        {{- return(abi_walk_array(node, place, into)) -}}
    {%- elif node.type == 'tuple' -%}
        {{- return(abi_walk_tuple(node.components, place, into)) -}}
    {%- elif node.type in ('string', 'bytes') -%}
        {%- set width = abi_step(
            'app.abi_count(word.number, ' ~ abi_after(place, 32) ~ ', 1, octet_length('
            ~ into.payload ~ '))', place, into
        ) -%}
        {%- set at = into.payload ~ ', ' ~ abi_after(place, 32) ~ ', ' ~ width -%}
        {%- do into.checks.append('app.abi_is_padded(' ~ at ~ ')') -%}
        {%- if node.type == 'bytes' -%}
            {{- return('app.abi_hex(' ~ at ~ ')') -}}
        {%- endif -%}
        {%- do into.checks.append('app.abi_is_utf8(' ~ at ~ ')') -%}
        {{- return('app.abi_text(' ~ at ~ ')') -}}
    {%- endif -%}
    {%- set check = abi_check(node, into.payload, place) -%}
    {%- if check is not none -%}
        {%- do into.checks.append(check) -%}
    {%- endif -%}
    {{- return(abi_leaf(node, into.payload, place, into.bigints)) -}}
{%- endmacro %}


{# The components of a tuple, or the parameters of an event, each as its name and its value.

   - components (list[any]): the nodes
   - place (string): an expression of the place where the tuple begins
   - into (dict[string, any]): see abi_walk #}
{% macro abi_walk_tuple(components, place, into) -%}
    {%- set found = [] -%}
    {%- set head = namespace(width=0, counted=0) -%}
    {%- for node in components -%}
        {%- set head.width = head.width + abi_width(node) -%}
        {#- eth-abi, whose verdict is ours, counts a tuple within the head as one word -#}
        {%- set head.counted = head.counted + 32 * (
            node.sizes[-1] | int if node.sizes and not abi_is_dynamic(node) else 1
        ) -%}
    {%- endfor -%}
    {%- do into.checks.append(
        'octet_length(' ~ into.payload ~ ') >= ' ~ abi_after(place, head.width)
    ) -%}
    {%- set state = namespace(width=0) -%}
    {%- for node in components -%}
        {%- set here = abi_after(place, state.width) -%}
        {%- if abi_is_dynamic(node) -%}
            {%- set here = abi_pointer(here, place, head.counted | string, into) -%}
        {%- endif -%}
        {%- do found.append({'name': node.name, 'value': abi_walk(node, here, into)}) -%}
        {%- set state.width = state.width + abi_width(node) -%}
    {%- endfor -%}
    {{- return(found) -}}
{%- endmacro %}


{# An array, whose items are walked in a subquery over their places.

   - node (dict[string, any]): an array
   - place (string): an expression of the place where it begins
   - into (dict[string, any]): see abi_walk #}
{% macro abi_walk_array(node, place, into) -%}
    {%- set item = abi_item(node) -%}
    {%- set width = abi_width(item) -%}
    {%- set ends = 'octet_length(' ~ into.payload ~ ')' -%}
    {%- if node.sizes[-1] -%}
        {%- set count, first = node.sizes[-1], place -%}
        {%- do into.checks.append(ends ~ ' >= ' ~ abi_after(place, width * (count | int))) -%}
    {%- else -%}
        {%- set first = abi_after(place, 32) -%}
        {%- set count = abi_step(
            'app.abi_count(word.number, ' ~ first ~ ', ' ~ width ~ ', ' ~ ends ~ ')', place, into
        ) -%}
    {%- endif -%}
    {%- do into.names.append('') -%}
    {%- set items = 'item_' ~ (into.names | length) -%}
    {%- set each = dict(into, steps=[], checks=[]) -%}
    {%- set here = items ~ '.place' -%}
    {%- if abi_is_dynamic(item) -%}
        {%- set here = abi_pointer(here, first, count ~ ' * 32', each) -%}
    {%- endif -%}
    {%- set value = abi_walk(item, here, each) -%}
    {%- set from_items -%}
        from generate_series(
            {{ first }}, {{ first }} + ({{ count }} - 1) * {{ width }}, {{ width }}
        ) as {{ items }} (place)
        {%- for step in each.steps %}
        {{ step }}
        {%- endfor -%}
    {%- endset -%}
    {%- if each.checks -%}
        {%- do into.checks.append(
            '(\nselect coalesce(bool_and(coalesce(' ~ each.checks | join('\nand ')
            ~ ', false)), true)\n' ~ from_items ~ ')'
        ) -%}
    {%- endif -%}
    {%- set in_order = 'order by ' ~ items ~ '.place' -%}
    {%- if value is string and not item.sizes -%}
        {{- return('array(\nselect ' ~ value ~ '\n' ~ from_items ~ '\n' ~ in_order ~ ')') -}}
    {%- endif -%}
    {{- return('(\nselect coalesce(jsonb_agg(' ~ abi_as_json(value) ~ ' ' ~ in_order
        ~ "), '[]')\n" ~ from_items ~ ')') -}}
{%- endmacro %}


{# A value as an expression that a JSON array can have as an item: a tuple as an object.

   - value (any): what abi_walk returned #}
{% macro abi_as_json(value) -%}
    {%- if value is string -%}
        {{- return(value) -}}
    {%- endif -%}
    {%- set pairs = [] -%}
    {%- for one in value -%}
        {%- do pairs.append("'" ~ snake_case(one.name) ~ "', " ~ abi_as_json(one.value)) -%}
    {%- endfor -%}
    {{- return('jsonb_build_object(' ~ pairs | join(', ') ~ ')') -}}
{%- endmacro %}


{# The place to which a pointer leads, as the name of a column; null where it leads nowhere.

   - place (string): an expression of the place of the pointer
   - frame (string): an expression of the place from which it counts
   - head (string): an expression of the size of what stands first in the frame
   - into (dict[string, any]): see abi_walk #}
{% macro abi_pointer(place, frame, head, into) -%}
    {{- return(abi_step(
        'app.abi_place(word.number, ' ~ frame ~ ', ' ~ head ~ ', octet_length('
        ~ into.payload ~ '))', place, into
    )) -}}
{%- endmacro %}


{# Adds a subquery with a number that a word tells, and a check that there is one. The name of the
   column.

   - expression (string): the number, from the column word.number
   - place (string): an expression of the place of the word
   - into (dict[string, any]): see abi_walk #}
{% macro abi_step(expression, place, into) -%}
    {%- do into.names.append('') -%}
    {%- set name = 'step_' ~ (into.names | length) -%}
    {#- without an offset PostgreSQL would compute the word at each of its uses -#}
    {%- set step -%}
        cross join lateral (
            select {{ expression }} as number
            from (
                select app.abi_uint({{ into.payload }}, {{ place }}) as number offset 0
            ) as word
            offset 0
        ) as {{ name }}
    {%- endset -%}
    {%- do into.steps.append(step) -%}
    {%- do into.checks.append(name ~ '.number is not null') -%}
    {{- return(name ~ '.number') -}}
{%- endmacro %}
