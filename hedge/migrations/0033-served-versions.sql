-- depends: 0028-patient-requests

-- The oldest version of Hedge that the database serves. The migrations of a release may
-- leave what the release before it needs, so that its processes run until they are
-- replaced, but no more: the span is one release wide. A migration that takes something
-- away that a version still uses replaces this function.
create function app.oldest_served_version() returns text
language sql immutable
return '0.2.0';
