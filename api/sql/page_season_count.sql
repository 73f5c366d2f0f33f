-- How many clusters have points in a season.
select count(*) as ranked
from analytics.season_progress as progress
where progress.season_id = %(season)s and progress.points > 0
