{# Incremental strategy first_wins: keeps each row with the earliest instant it was computed for.

   The strategy has no _remove_stale: an unlock stays when the value falls again. A run as of
   an earlier instant replaces unlocked_at by that instant. A row that is computed as revoked
   marks the unlock as revoked; the mark is removed when a run as of a later instant computes
   the unlock again.

   Usage: {{ config(incremental_strategy='first_wins', unique_key=[..]) }} #}
{% macro first_wins_write(mart) %}

    insert into {{ mart.target }} as existing ({{ mart.columns | join(', ') }})
    select {{ mart.columns | join(', ') }}
    from {{ mart.computed }}
    where {{ in_batch(mart) }}
    order by {{ mart.key | join(', ') }}
    on conflict ({{ mart.key | join(', ') }}) do update
    set
        unlocked_at = excluded.unlocked_at,
        revoked_at = excluded.revoked_at
    where
        case
            when excluded.revoked_at is not null
                then
                    existing.revoked_at is null
                    and existing.unlocked_at <= excluded.revoked_at
            when existing.revoked_at is not null
                then existing.revoked_at < excluded.unlocked_at
            else existing.unlocked_at > excluded.unlocked_at
        end

{% endmacro %}
