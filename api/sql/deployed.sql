-- The hash of the definitions that are live; null where that is not known.
select app.deployed_definitions() as definitions
