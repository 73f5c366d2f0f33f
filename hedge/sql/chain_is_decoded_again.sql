-- Whether all logs were decoded into a table again after its views had changed.
select exists(
    select from app.chain_decoders
    where
        table_name = %(table)s
        and decoded_at is null
        and not exists (
            select from app.undecoded_spans as spans
            where spans.table_name is null or spans.table_name = %(table)s
        )
)
