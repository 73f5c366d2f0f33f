{# Whether a log that counts is of the same hero or pet as another one and before it, as a condition
   for which an index finds the last one (app.object_of_log).

   Usage: where {{ is_earlier_log('earlier', 'logs') }}
   - earlier (string): the alias of the earlier log
   - logs (string): the alias of the other one
   - or_same (bool): whether it may be that log #}
{% macro is_earlier_log(earlier, logs, or_same=false) -%}
    {{ earlier }}.chain_id = {{ logs }}.chain_id
    and {{ earlier }}.object_word = {{ logs }}.object_word
    and {{ earlier }}.block_number <= {{ logs }}.block_number
    and (
        {{ earlier }}.block_number < {{ logs }}.block_number
        or {{ earlier }}.log_index {{ '<=' if or_same else '<' }} {{ logs }}.log_index
    )
    and {{ is_valid_log(earlier) }}
{%- endmacro %}
