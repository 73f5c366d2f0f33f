{# The condition that the facts of a wallet count for the cluster that has it linked: neither of
   them is excluded from everything.

   Only models that need wallets which are linked and do not count, to know a match against
   oneself, use it. All others read cluster_wallets.

   Usage: where {{ counts_for('participations') }}
   - row (string): an alias with cluster_id and wallet_address #}
{% macro counts_for(row) -%}
    {{ row }}.wallet_address <> all((select app.excluded_wallets())::text[])
    and {{ row }}.cluster_id <> all((select app.excluded_clusters())::text[])
{%- endmacro %}
