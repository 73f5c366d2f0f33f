-- The line of the next row that COPY brings.
select setval(pg_get_serial_sequence('pg_temp.hedge_arrivals', 'line'), %(line)s, false)
