"""Draws growth as SVG: how much larger the cost becomes when one thing becomes larger, both on
logarithmic scales. What stays on or below the diagonal grows at most in proportion."""

import math
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 860, 380
SIDE, TOP = 300, 40  # of a panel's square, and where it begins
PANELS = (60, 430)   # their left edges
MOST = 100.0         # both scales reach from 1 to this
LEAST = 0.8          # a little below 1, for what shrinks
COLOURS = ['#0b84c6', '#d55e00', '#009e73', '#b565a7', '#a08000']

STYLE = '''
text { font: 12px sans-serif; fill: #6e7781; }
.title { font-weight: bold; }
.grid { stroke: #8c959f; stroke-opacity: 0.3; }
.diagonal { stroke: #8c959f; stroke-dasharray: 5 4; }
polyline { fill: none; stroke-width: 2; }
@media (prefers-color-scheme: dark) { text { fill: #adb5bd; } }
'''


def _place(factor):
    """From 0 at LEAST to 1 at MOST."""
    return (math.log(max(factor, LEAST)) - math.log(LEAST)) / (math.log(MOST) - math.log(LEAST))


def _x(left, factor):
    return left + SIDE * _place(factor)


def _y(factor):
    return TOP + SIDE * (1 - _place(factor))


def _text(x, y, text, anchor='middle', kind=''):
    return '<text x="%.1f" y="%.1f" text-anchor="%s"%s>%s</text>' % (
        x, y, anchor, ' class="%s"' % kind if kind else '', escape(text))


def _line(x1, y1, x2, y2, kind):
    return '<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" class="%s"/>' % (x1, y1, x2, y2, kind)


def _panel(left, title, grown, key):
    parts = [_text(left + SIDE / 2, TOP - 14, title, kind='title')]
    for mark in (1, 2, 5, 10, 20, 50, 100):
        label = '×%d' % mark
        parts += [_line(_x(left, mark), TOP, _x(left, mark), TOP + SIDE, 'grid'),
                  _line(left, _y(mark), left + SIDE, _y(mark), 'grid'),
                  _text(_x(left, mark), TOP + SIDE + 16, label),
                  _text(left - 6, _y(mark) + 4, label, 'end')]
    parts.append(_line(_x(left, 1), _y(1), _x(left, MOST), _y(MOST), 'diagonal'))
    for one, colour in zip(grown, COLOURS):
        base = one['points'][0]
        points = [(_x(left, p['count'] / base['count']), _y(p[key] / base[key]))
                  for p in one['points']]
        parts.append('<polyline points="%s" stroke="%s"/>' % (
            ' '.join('%.1f,%.1f' % point for point in points), colour))
        parts += ['<circle cx="%.1f" cy="%.1f" r="3" fill="%s"/>' % (*point, colour)
                  for point in points]
    return parts


def _count(number):
    for unit, name in ((1000000, ' million'), (1000, 'k')):
        if number >= unit:
            return '%.3g%s' % (number / unit, name)
    return str(number)


def _legend(grown):
    parts, y = [], TOP + 24
    left = PANELS[-1] + SIDE + 12
    for one, colour in zip(grown, COLOURS):
        first, last = one['points'][0]['count'], one['points'][-1]['count']
        parts += ['<rect x="%d" y="%d" width="12" height="3" fill="%s"/>' % (left, y - 6, colour),
                  _text(left + 18, y, one['title'], 'start'),
                  _text(left + 18, y + 15, '%s–%s' % (_count(first), _count(last)), 'start')]
        y += 42
    parts += [_line(left, y - 4, left + 12, y - 4, 'diagonal'),
              _text(left + 18, y, 'in proportion', 'start')]
    return parts


def growth(grown):
    """The picture, as text. `grown`: of each series its title and points with count, cpu, memory."""
    parts = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" '
             'aria-label="How the cost of Residue grows">' % (WIDTH, HEIGHT),
             '<style>%s</style>' % STYLE]
    parts += _panel(PANELS[0], 'CPU time beyond the program’s own', grown, 'cpu')
    parts += _panel(PANELS[1], 'memory beyond the program’s own', grown, 'memory')
    parts += _legend(grown)
    parts.append(_text((PANELS[0] + PANELS[-1] + SIDE) / 2, HEIGHT - 6,
                       'how much more there is of one thing, the rest as it was'))
    return '\n'.join(parts + ['</svg>', ''])
