{# Pets of each cluster at the end of each window. One row per pet and window. #}
{#
   A pet that is on two chains at one instant is on the one with the higher number.
#}
{{ owned_at_the_end(
    ref('stg_pets'), of='pet_id', in_order=['updated_at', 'chain_id']
) }}
