{# What statements touched and no run has computed yet. One row per change note. #}
select
    table_name,
    operation,
    kind,
    key,
    from_at,
    to_at,
    taken_by,
    -- a key is a number only for some kinds
    case
        when kind in ('hero_version', 'hero_genes', 'pet_version', 'battle')
            then key::bigint
    end as object_id,
    case
        when kind in ('pool', 'tournament') then split_part(key, '/', 1)::integer
    end as chain_id,
    case
        when kind in ('pool', 'tournament') then split_part(key, '/', 2)::bigint
    end as id_on_chain

from {{ source('ledger', 'change_notes') }}
