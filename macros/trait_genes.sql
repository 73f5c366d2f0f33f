{# The four genes of a trait (R3 R2 R1 D, five bits each) as one integer.

   stat_genes has 48 base-32 digits, four per trait, most significant first, in the order of the
   seed gene_layout. The dominant gene D is the lowest five bits.

   Usage: {{ trait_genes('stat_genes', 0) }}
   - stat_genes (string): an expression of the genes
   - position (integer): the position of the trait in gene_layout; 0 is the class #}
{% macro trait_genes(stat_genes, position) -%}
    mod(div({{ stat_genes }}, {{ 32 ** (44 - 4 * position) }}), 1048576)::integer
{%- endmacro %}
