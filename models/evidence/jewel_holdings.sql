{# JEWEL that each cluster had staked without a break. A row per holding and window. #}
{{ jewel_held() }}
