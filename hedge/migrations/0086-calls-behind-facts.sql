-- depends: 0085-logs-up-to-a-fact

-- The calls of contracts that supplied values of facts of a raw table: for each fact
-- and call the columns that the logs do not give, and that have the value which was
-- returned. The facts are given as an array of objects with the fact, and the chain and
-- block of its log.
create function app.calls_of_facts(raw_table text, facts jsonb)
returns table (
    fact jsonb,
    chain_id integer,
    contract text,
    called_function text,
    argument numeric,
    block_number bigint,
    column_names text[]
)
-- who may read what facts rest on may know of the calls
language plpgsql stable rows 2 security definer
set search_path to pg_catalog, pg_temp
as $$
begin
    -- what logs give is in the view, which has a column for whatever a call may supply
    return query execute format(
        $query$
        with given as (
            select
                facts.fact,
                facts.chain_id,
                facts.block_number,
                to_jsonb(of_logs) as of_logs
            from jsonb_to_recordset($1)
                as facts (fact jsonb, chain_id integer, block_number bigint)
            cross join lateral (
                select * from analytics.%I as views
                where
                    views.chain_id = facts.chain_id
                    and views.block_number = facts.block_number
            ) as of_logs
        )
        select
            given.fact, given.chain_id, calls.contract, calls.called_function,
            results.argument, results.block_number,
            array_agg(distinct calls.column_name)
        from given
        inner join analytics.chain_calls as calls on calls.raw_table = $2
        cross join lateral (
            select results.* from raw.chain_call_results as results
            where
                results.chain_id = given.chain_id
                and results.contract = calls.contract
                and results.called_function = calls.called_function
                and results.argument = (given.fact ->> calls.argument_column)::numeric
                and results.answer is not null
                and (not calls.changes or results.block_number = given.block_number)
            order by results.block_number desc
            limit 1
        ) as results
        cross join lateral (
            select app.called_value(
                results.answer, calls.result_word, calls.result_type
            ) as of_answer
        ) as answers
        where
            given.of_logs ->> calls.argument_column
            = given.fact ->> calls.argument_column
            and given.of_logs ->> calls.column_name is null
            and given.fact ->> calls.column_name = coalesce(
                (
                    select traits.name from analytics.hero_traits as traits
                    where
                        traits.trait = calls.meaning
                        and traits.gene::text = answers.of_answer
                ),
                (
                    select codes.meaning from analytics.code_values as codes
                    where codes.code = calls.meaning and codes.value = answers.of_answer
                ),
                case when nullif(calls.meaning, '') is null then answers.of_answer end
            )
        group by
            given.fact, given.chain_id, calls.contract, calls.called_function,
            results.argument, results.block_number
        $query$,
        'facts_of_' || raw_table
    ) using facts, raw_table;
end
$$;
comment on function app.calls_of_facts(text, jsonb) is
'The calls of contracts that supplied values of facts of a raw table';
revoke execute on function app.calls_of_facts(text, jsonb) from public;
