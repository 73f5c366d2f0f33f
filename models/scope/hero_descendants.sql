{# Children, grandchildren and great-grandchildren. One row per ancestor and line. #}
{#
   So far down a hero's genes can matter: to a child's own mutations, to a grandchild's
   royal lineage, and one generation more to a line of deepening mutations.
#}
with

children as (

    select
        parent_id as ancestor_id,
        hero_id

    from {{ ref('hero_parents') }}

),

grandchildren as (

    select
        children.parent_id as ancestor_id,
        grandchildren.hero_id

    from {{ ref('hero_parents') }} as children
    inner join {{ ref('hero_parents') }} as grandchildren
        on children.hero_id = grandchildren.parent_id

),

great_grandchildren as (

    select
        children.parent_id as ancestor_id,
        great_grandchildren.hero_id

    from {{ ref('hero_parents') }} as children
    inner join {{ ref('hero_parents') }} as grandchildren
        on children.hero_id = grandchildren.parent_id
    inner join {{ ref('hero_parents') }} as great_grandchildren
        on grandchildren.hero_id = great_grandchildren.parent_id

),

descendants as (

    select * from children
    union all
    select * from grandchildren
    union all
    select * from great_grandchildren

)

select * from descendants
