{# Pets of each cluster at the end of each window. One row per pet and window. #}
{{ owned_at_the_end(ref('stg_pets')) }}
