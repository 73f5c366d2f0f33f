{# The value of a word, as an expression. The types are those of docs/decoding.md: integers as integer,
   bigint or numeric(78), addresses and bytes as text with 0x.

   Usage: {{ abi_leaf({'type': 'uint8', 'name': 'rarity'}, 'logs.data', '32', []) }}
   - node (dict[string, any]): a parameter, component or item whose type is a word
   - payload (string): an expression of the data
   - place (string): an expression of the place
   - bigints (list[string]): the names of numbers that are bigint though their type is wider #}
{% macro abi_leaf(node, payload, place, bigints) -%}
    {%- set at = payload ~ ', ' ~ place -%}
    {%- if node.type == 'address' -%}
        {{- return('app.abi_hex(' ~ payload ~ ', ' ~ abi_after(place, 12) ~ ', 20)') -}}
    {%- elif node.type == 'bool' -%}
        {{- return('app.abi_uint(' ~ at ~ ') = 1') -}}
    {%- elif node.type.startswith('bytes') -%}
        {{- return('app.abi_hex(' ~ at ~ ', ' ~ node.type[5:] ~ ')') -}}
    {%- endif -%}
    {%- set is_signed = node.type.startswith('int') -%}
    {%- set bits = node.type.lstrip('uint') | int -%}
    {%- set is_bigint = modules.re.search('(^id|[a-z0-9]Id|[a-z0-9]Ids|^pid)$', node.name)
        or node.name in bigints -%}
    {%- if is_signed -%}
        {%- set type = 'integer' if bits <= 32 else 'bigint' if bits <= 64 else 'numeric(78)' -%}
        {{- return('app.abi_signed(' ~ at ~ ')::' ~ type) -}}
    {%- elif bits < 32 -%}
        {{- return('app.abi_uint(' ~ at ~ ')::integer') -}}
    {%- elif bits < 64 or is_bigint -%}
        {{- return('app.abi_uint(' ~ at ~ ')') -}}
    {%- endif -%}
    {{- return('app.abi_numeric(' ~ at ~ ')::numeric(78)') -}}
{%- endmacro %}


{# What has to hold of a word of a type so that it is one, as an expression; none where any word is.

   - node (dict[string, any]): a parameter, component or item whose type is a word
   - payload (string): an expression of the data
   - place (string): an expression of the place #}
{% macro abi_check(node, payload, place) -%}
    {%- set at = payload ~ ', ' ~ place -%}
    {%- if node.type == 'address' -%}
        {{- return('app.abi_is_zero(' ~ at ~ ', 12)') -}}
    {%- elif node.type == 'bool' -%}
        {{- return('app.abi_uint(' ~ at ~ ') <= 1') -}}
    {%- elif node.type.startswith('bytes') -%}
        {%- set width = node.type[5:] | int -%}
        {{- return(none if width == 32 else 'app.abi_is_zero(' ~ payload ~ ', '
            ~ abi_after(place, width) ~ ', ' ~ (32 - width) ~ ')') -}}
    {%- endif -%}
    {%- set unused = 32 - (node.type.lstrip('uint') | int) // 8 -%}
    {%- if unused == 0 -%}
        {{- return(none) -}}
    {%- endif -%}
    {{- return(('app.abi_is_signed(' if node.type.startswith('int') else 'app.abi_is_zero(')
        ~ at ~ ', ' ~ unused ~ ')') -}}
{%- endmacro %}


{# A place so many bytes after another one, as an expression.

   - place (string): an expression of a place
   - bytes (integer): how many bytes #}
{% macro abi_after(place, bytes) -%}
    {%- if bytes == 0 -%}
        {{- return(place) -}}
    {%- elif modules.re.fullmatch('[0-9]+', place) -%}
        {{- return(((place | int) + bytes) | string) -}}
    {%- endif -%}
    {{- return(place ~ ' + ' ~ bytes) -}}
{%- endmacro %}
