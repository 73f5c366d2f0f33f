-- What tells whether some live views have been replaced.
select app.state_of_views(%(names)s)
