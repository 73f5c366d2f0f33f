"""Pictures of pages for previews of links: PNG of 1200 by 630 pixels.

`cards` says what a picture shows, `drawing` makes SVG of it with the letters of `letters`, and a
process of its own (`process`) makes PNG of that, because the library holds Python's lock meanwhile.
`painter` asks that process and keeps what it has drawn.
"""
