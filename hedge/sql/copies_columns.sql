-- The columns of a relation, as those of a table that is to have its rows.
select
    string_agg(
        format(
            '%%I %%s%%s',
            columns.attname,
            format_type(columns.atttypid, columns.atttypmod),
            (
                select
                    format(
                        ' collate %%I.%%I', namespaces.nspname, collations.collname
                    )
                from pg_collation as collations
                inner join pg_namespace as namespaces
                    on collations.collnamespace = namespaces.oid
                where
                    collations.oid = columns.attcollation
                    and collations.collname <> 'default'
            )
        ),
        ', ' order by columns.attnum
    )
from pg_attribute as columns
where
    columns.attrelid = %(relation)s::regclass
    and columns.attnum > 0
    and not columns.attisdropped
