{# An amount of a token in its unit, from the smallest unit that contracts count in. The result is
   exact: a product of decimals is, a quotient is rounded.

   Usage: {{ scaled_amount('amount') }}
   - amount (string): an expression of the amount in the smallest unit
   - decimals (integer): the decimals of the token, 18 for most #}
{% macro scaled_amount(amount, decimals=18) -%}
    {{ amount }} * 0.{{ '0' * (decimals - 1) }}1
{%- endmacro %}
