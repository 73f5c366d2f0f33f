{# The value that the last of the grouped logs gives, by block and place in it: of those that count,
   and for which a condition holds.

   Usage: {{ of_last_log('logs.winner', where="logs.event = 'completed'") }}
   - value (string): an expression of a column of the logs
   - where (optional[string]): a condition on the logs; none for all
   - logs (string): the alias of the logs, which have block_number, log_index, removed_at and
     is_decodable #}
{% macro of_last_log(value, where=none, logs='logs') -%}
    (
        array_agg({{ value }} order by {{ logs }}.block_number desc, {{ logs }}.log_index desc)
        filter (where {{ is_valid_log(logs) }}{{ ' and ' ~ where if where }})
    )[1]
{%- endmacro %}


{# Whether a log is in a canonical block and could be decoded, as a condition.

   - logs (string): the alias of the logs #}
{% macro is_valid_log(logs='logs') -%}
    {{ logs }}.removed_at is null and {{ logs }}.is_decodable
{%- endmacro %}
