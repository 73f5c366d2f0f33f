-- Deletes spans that are decoded. The time says that the place has no other span
-- meanwhile.
delete from app.undecoded_spans as spans
using unnest(%(places)s::tid[], %(times)s::timestamptz[]) as decoded (place, noted_at)
where
    spans.ctid = decoded.place
    and spans.noted_at = decoded.noted_at
