"""Texts that try to break a page."""

NASTY = {
    "markup": "<script>document.title = 'owned'</script><img src=x onerror=alert(1)> & \"quotes\" 'too' "
    "#set page(fill: red)",
    "emoji": "Loved it 🎬🍿👩‍👩‍👧‍👦 five stars ⭐⭐⭐⭐⭐",
    "right to left": "فيلم رائع جدا، أنصح بمشاهدته. סרט נפלא!",
    "long": "word " * 9_999 + "end",
    "unbroken": "a" * 3_000,
}
