-- Notes what a deploy has changed of challenges and their ladders: what is live now
-- beside what was live before, with the row of the deploy in the run ledger. A
-- challenge that was renamed is compared with what it was under its former name.
with

renames as (

    select
        given.old_name,
        given.new_name
    from jsonb_to_recordset(%(renames)s) as given (old_name text, new_name text)

),

earlier as (

    select
        coalesce(renames.new_name, known.key) as key,
        known.value || jsonb_build_object('key', known.key) as definition
    from jsonb_each(%(before)s) as known
    left join renames on known.key = renames.old_name

),

later as (

    select
        known.key,
        known.value || jsonb_build_object('key', known.key) as definition
    from jsonb_each(app.challenge_definitions()) as known

),

compared as (

    select
        coalesce(later.key, earlier.key) as key,
        coalesce(earlier.definition, '{}') as was,
        coalesce(later.definition, '{}') as becomes,
        case
            when earlier.key is null then 'added'
            when later.key is null then 'removed'
            else 'changed'
        end as operation
    from earlier
    full join later on earlier.key = later.key
    where earlier.definition is distinct from later.definition

)

insert into app.definition_changes
(kind, key, operation, old_values, new_values, changed_by, run_id)
select
    'challenge' as kind,
    compared.key,
    compared.operation,
    coalesce(
        jsonb_object_agg(named.field_name, compared.was -> named.field_name)
        filter (where compared.was ? named.field_name),
        '{}'
    ) as old_values,
    coalesce(
        jsonb_object_agg(named.field_name, compared.becomes -> named.field_name)
        filter (where compared.becomes ? named.field_name),
        '{}'
    ) as new_values,
    app.actor() as changed_by,
    (
        select deploys.run_id from app.etl_runs as deploys
        where deploys.invocation_id = %(invocation)s
    ) as run_id
from compared
cross join
    lateral jsonb_object_keys(compared.was || compared.becomes) as named (field_name)
where
    compared.was -> named.field_name
    is distinct from compared.becomes -> named.field_name
group by compared.key, compared.operation
order by compared.key
