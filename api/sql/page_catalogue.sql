-- The choices of the forms for boards and calibration: live challenges, categories
-- and metrics.
select
    (
        select
            jsonb_agg(
                jsonb_build_object('key', challenges.key, 'name', challenges.name)
                order by categories.sort_order, challenges.sort_order
            )
        from analytics.challenges
        inner join analytics.categories on challenges.category_key = categories.key
        where challenges.state = 'live'
    ) as challenges,
    (
        select jsonb_agg(categories.key order by categories.sort_order)
        from analytics.categories
    )
        as categories,
    (
        select
            jsonb_agg(
                distinct metrics.metric_source || '.' || metrics.metric_key
            )
        from analytics.metrics
    ) as metrics
