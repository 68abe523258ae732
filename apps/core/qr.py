"""A QR code as inline SVG."""

import segno
from django.utils.safestring import mark_safe


def qr_svg(url, label="QRコード"):
    """An <svg> of this address without style or size: the page's own CSS says how large it is.

    ``label`` is our own text for assistive technology, never somebody's.
    """
    svg = segno.make_qr(url, error="m").svg_inline(scale=1, border=2, omitsize=True)
    return mark_safe(svg.replace("<svg ", f'<svg class="qr" role="img" aria-label="{label}" ', 1))
