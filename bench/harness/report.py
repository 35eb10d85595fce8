"""Tables, JSON and the SVG plot."""

import json
from html import escape

from .measure import geomean, median

COLOURS = ["#2f6fb0", "#d98032", "#4c9a55", "#9b5aa8", "#b5474a", "#7a7a7a"]


def milliseconds(seconds):
    return f"{seconds * 1e3:.1f}" if seconds < 1 else f"{seconds * 1e3:.0f}"


def medians(results, metric):
    return {
        case: {engine: median(samples, metric) for engine, samples in row.items()}
        for case, row in results.items()
    }


def ratios(table, engine, base):
    """{case: engine / base} where both are known and the base is not zero."""
    return {
        case: row[engine] / row[base]
        for case, row in table.items()
        if engine in row and row.get(base)
    }


def print_rows(header, rows):
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    for row in [header, *rows]:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
        print("  " + "  ".join(cells).rstrip())


def print_table(table, engines, base, subject=None, rival=None):
    """A row a case: medians in ms, and for engines that are not the base the ratio to it.

    With `subject` and `rival` a last column says how many times as fast the subject is.
    """
    others = [engine for engine in engines if engine != base]
    header = ["case", f"{base} ms"] if base else ["case"]
    for engine in others:
        header += [f"{engine} ms"] + ([f"/{base}"] if base else [])
    speedups = ratios(table, rival, subject) if subject and rival else {}
    if speedups:
        header.append(f"{rival}/{subject}")
    rows = []
    for case, row in table.items():
        cells = [case] + ([milliseconds(row[base]) if base in row else "-"] if base else [])
        for engine in others:
            cells.append(milliseconds(row[engine]) if engine in row else "-")
            if base:
                known = engine in row and row.get(base)
                cells.append(f"{row[engine] / row[base]:.2f}" if known else "-")
        if speedups:
            cells.append(f"{speedups[case]:.2f}" if case in speedups else "-")
        rows.append(cells)
    mean = ["geomean"] + ([""] if base else [])
    for engine in others:
        mean += [""] + ([f"{geomean(ratios(table, engine, base).values()):.2f}"] if base else [])
    if speedups:
        mean.append(f"{geomean(speedups.values()):.2f}")
    print_rows(header, [*rows, mean])
    if speedups:
        worst = min(speedups, key=speedups.get)
        print(f"  {subject} is {geomean(speedups.values()):.2f} × as fast as {rival}; "
              f"least on {worst}: {speedups[worst]:.2f} ×")


def write_json(path, report):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(report, indent=1) + "\n")


def samples_to_json(results):
    return {
        case: {engine: [vars(sample) for sample in samples] for engine, samples in row.items()}
        for case, row in results.items()
    }


def write_bars(path, title, unit, groups, series):
    """Writes grouped horizontal bars.

    `groups` maps a label to {series: value}; `series` gives the order. Values are times relative
    to a base, so shorter is better and zero is the origin.
    """
    bar, gap, left, width, top = 11, 9, 150, 620, 64
    step = bar * len(series) + gap
    largest = max((v for row in groups.values() for v in row.values()), default=1) or 1
    height = top + step * len(groups) + 30
    total = left + width + 70
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {total} {height}" '
        f'width="{total}" height="{height}" font-family="sans-serif" font-size="11">',
        f'<rect width="{total}" height="{height}" fill="#ffffff"/>',
        f'<text x="12" y="22" font-size="15" font-weight="bold">{escape(title)}</text>',
    ]
    for i, name in enumerate(series):
        x = 12 + i * 130
        parts.append(f'<rect x="{x}" y="36" width="11" height="11" fill="{COLOURS[i % 6]}"/>')
        parts.append(f'<text x="{x + 16}" y="46">{escape(name)}</text>')
    for tick in axis_ticks(largest):
        x = left + width * tick / largest
        parts.append(f'<line x1="{x:.1f}" y1="{top - 6}" x2="{x:.1f}" y2="{height - 24}" '
                     'stroke="#dddddd"/>')
        parts.append(f'<text x="{x:.1f}" y="{height - 10}" text-anchor="middle">{tick:g}</text>')
    parts.append(f'<text x="{left + width + 12}" y="{height - 10}">{escape(unit)}</text>')
    for g, (label, row) in enumerate(groups.items()):
        y = top + g * step
        middle = y + bar * len(series) / 2 + 4
        weight = ' font-weight="bold"' if label == "geomean" else ""
        parts.append(f'<text x="{left - 8}" y="{middle:.1f}" text-anchor="end"{weight}>'
                     f"{escape(label)}</text>")
        for i, name in enumerate(series):
            if name not in row:
                continue
            length = width * row[name] / largest
            at = y + i * bar
            parts.append(f'<rect x="{left}" y="{at}" width="{length:.1f}" height="{bar - 1}" '
                         f'fill="{COLOURS[i % 6]}"/>')
            parts.append(f'<text x="{left + length + 4:.1f}" y="{at + bar - 2}" font-size="9">'
                         f"{row[name]:.2f}</text>")
    parts.append("</svg>")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(parts) + "\n")


def axis_ticks(largest):
    step = next(s for s in (1, 2, 5, 10, 20, 50, 100, 1000) if largest / s <= 12 or s == 1000)
    return [step * i for i in range(int(largest / step) + 1)]
