{# Metrics that play cannot lower, with the raw tables they are computed from. #}
{#
   A view, because to follow the graph takes longer than to read it in every run.
#}
{{ metrics_that_only_grow() | trim }}
