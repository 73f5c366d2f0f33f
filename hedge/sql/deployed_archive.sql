-- The files of definitions that were deployed.
select archive
from app.deployed_projects
where definitions = %(definitions)s
