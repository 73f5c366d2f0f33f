-- The raw tables that a metric reads; those of its inputs, where it is derived.
create temporary table proof_tables on commit drop as
select distinct inputs.raw_table
from analytics.metric_tables as inputs
where
    (inputs.metric_source, inputs.metric_key)
    = (%(metric_source)s, %(metric_key)s)
    -- a derived metric rests on its sources, and on all where none is listed
    or inputs.metric_source in (
        select derived.input_source from analytics.metric_inputs as derived
        where
            (derived.metric_source, derived.metric_key)
            = (%(metric_source)s, %(metric_key)s)
    )
    or %(is_derived)s and not exists (
        select from analytics.metric_inputs as derived
        where
            (derived.metric_source, derived.metric_key)
            = (%(metric_source)s, %(metric_key)s)
    )
