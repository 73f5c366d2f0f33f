-- Set the line number of the next row that COPY inserts.
select setval(
    pg_get_serial_sequence('pg_temp.hedge_text_rows', 'line'), %(line)s, false
)
