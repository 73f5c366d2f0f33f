-- The raw tables of proof_tables that the view supporting_facts of a schema does not
-- read, so that it has none of their facts.
select inputs.raw_table
from pg_temp.proof_tables as inputs
where
    inputs.raw_table not in (
        select relations.relname
        from pg_rewrite as rules
        inner join pg_depend as uses
            on
                rules.oid = uses.objid
                and uses.classid = 'pg_rewrite'::regclass
                and uses.refclassid = 'pg_class'::regclass
        inner join pg_class as relations on uses.refobjid = relations.oid
        where
            rules.ev_class
            = to_regclass(format('%%I.supporting_facts', %(schema)s::text))
            and relations.relnamespace = 'raw'::regnamespace
    )
order by inputs.raw_table
