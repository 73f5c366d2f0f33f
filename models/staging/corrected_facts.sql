{# Raw tables of which this run found facts removed or changed. A row per cluster. #}
select
    corrections.cluster_id,
    corrections.table_name

from {{ source('ledger', 'cluster_corrections') }} as corrections
inner join {{ ref('current_run') }} as runs
    on corrections.corrected_at >= runs.started_at
