{# The parameters of an event, from the text between the parentheses of its signature. Each has a
   name, a type (uint256, address, ..., or tuple), the components of a tuple, the sizes of an array
   (3 for T[3], empty for T[], the outermost last), and whether it is indexed.

   Usage: {% for one in abi_parameters('address indexed player, (uint8 kind, uint256[] ids) bag') %}
   - text (string): types and names, separated by commas; a tuple is in parentheses #}
{% macro abi_parameters(text) -%}
    {%- set found = [] -%}
    {%- set state = namespace(depth=0, part='') -%}
    {%- for piece in modules.re.findall('[(),]|[^(),]+', text ~ ',') -%}
        {%- if piece == ',' and state.depth == 0 -%}
            {%- if state.part.strip() -%}
                {%- do found.append(abi_parameter(state.part.strip())) -%}
            {%- endif -%}
            {%- set state.part = '' -%}
        {%- else -%}
            {%- set state.depth = state.depth + {'(': 1, ')': -1}.get(piece, 0) -%}
            {%- set state.part = state.part ~ piece -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(found) -}}
{%- endmacro %}


{# One of these parameters.

   - text (string): its type, `indexed` if it is, and its name #}
{% macro abi_parameter(text) -%}
    {%- set match = modules.re.fullmatch(
        '(\\(.*\\)|\\w+)((?:\\[[0-9]*\\])*) +(?:(indexed) +)?(\\w+)', text
    ) -%}
    {%- if match is none -%}
        {{- exceptions.raise_compiler_error("'" ~ text ~ "' is no parameter of an event, such as"
            ~ " 'uint256 indexed heroId' or '(uint8 kind, uint256[] ids) bag'") -}}
    {%- endif -%}
    {%- set type = match.group(1) -%}
    {%- set is_tuple = type.startswith('(') -%}
    {%- if not is_tuple and not modules.re.fullmatch(
        'address|bool|string|bytes([1-9]|[12][0-9]|3[0-2])?'
        '|u?int(8|16|24|32|40|48|56|64|72|80|88|96|104|112|120|128'
        '|136|144|152|160|168|176|184|192|200|208|216|224|232|240|248|256)', type
    ) -%}
        {{- exceptions.raise_compiler_error("'" ~ type ~ "' in '" ~ text ~ "' is no type of the ABI,"
            ~ " such as uint256, address, bool, bytes32, string or a tuple in parentheses") -}}
    {%- endif -%}
    {{- return({
        'name': match.group(4),
        'type': 'tuple' if is_tuple else type,
        'components': abi_parameters(type[1:-1]) if is_tuple else [],
        'sizes': modules.re.findall('\\[([0-9]*)\\]', match.group(2)),
        'indexed': match.group(3) is not none,
    }) -}}
{%- endmacro %}


{# Whether a value stands behind the head of its frame, where a pointer leads to it.

   - node (dict[string, any]): a parameter, component or item of an array #}
{% macro abi_is_dynamic(node) -%}
    {%- if '' in node.sizes -%}
        {{- return(true) -}}
    {%- endif -%}
    {%- for component in node.components if abi_is_dynamic(component) -%}
        {{- return(true) -}}
    {%- endfor -%}
    {{- return(node.type in ('string', 'bytes')) -}}
{%- endmacro %}


{# How many bytes a value takes in the head of its frame.

   - node (dict[string, any]): a parameter, component or item of an array #}
{% macro abi_width(node) -%}
    {%- if abi_is_dynamic(node) -%}
        {{- return(32) -}}
    {%- endif -%}
    {%- set size = namespace(width=0) -%}
    {%- for component in node.components -%}
        {%- set size.width = size.width + abi_width(component) -%}
    {%- endfor -%}
    {%- if not node.components -%}
        {%- set size.width = 32 -%}
    {%- endif -%}
    {%- for one in node.sizes -%}
        {%- set size.width = size.width * (one | int) -%}
    {%- endfor -%}
    {{- return(size.width) -}}
{%- endmacro %}


{# The item of an array: the same without its outermost size.

   - node (dict[string, any]): an array #}
{% macro abi_item(node) -%}
    {{- return(dict(node, sizes=node.sizes[:-1])) -}}
{%- endmacro %}
