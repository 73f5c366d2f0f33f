-- Records that the views of the deployed definitions were compared.
insert into app.compared_decoders (definitions)
select coalesce(app.deployed_definitions(), '')
on conflict (one) do update set definitions = excluded.definitions
