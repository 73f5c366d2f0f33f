-- The tables of facts, which a file can be loaded into.
select table_name as name from app.fact_tables
order by table_name
