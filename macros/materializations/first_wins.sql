{# Incremental strategy: what was seen once stays, with the earliest instant it was seen at.

   Nothing is removed, but a run that is as of an earlier instant may find that it was so
   even then. What is revoked stays with its mark, until it is seen again after that.

   Usage: {{ config(incremental_strategy='first_wins', unique_key=[..]) }} #}
{% macro get_incremental_first_wins_sql(arg_dict) %}

    {%- set key = arg_dict.unique_key -%}
    {%- set columns = arg_dict.dest_columns -%}

    {% if arg_dict.portion <= arg_dict.portions %}

    insert into {{ arg_dict.target_relation }} as standing ({{ columns | join(', ') }})
    select {{ columns | join(', ') }}
    from {{ arg_dict.temp_relation }}
    where {{ in_portion(arg_dict) }}
    order by {{ key | join(', ') }}
    on conflict ({{ key | join(', ') }}) do update
    set
        unlocked_at = excluded.unlocked_at,
        revoked_at = excluded.revoked_at
    where
        case
            when excluded.revoked_at is not null
                then
                    standing.revoked_at is null
                    and standing.unlocked_at <= excluded.revoked_at
            when standing.revoked_at is not null
                then standing.revoked_at < excluded.unlocked_at
            else standing.unlocked_at > excluded.unlocked_at
        end

    {% endif %}

{% endmacro %}
