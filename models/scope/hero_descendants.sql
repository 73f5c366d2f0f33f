{# Children, grandchildren and great-grandchildren. One row per ancestor and line. #}
{#
   Three generations, because a hero's genes decide about the mutations of its children,
   the royal lineage of its grandchildren, and the three generations of is_geneweaver.
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
