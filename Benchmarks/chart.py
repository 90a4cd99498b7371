"""Draws what compare.py measured as bars: docs/performance/chart.svg, in light and dark.

usage: chart.py RESULTS.json [RESULTS.json ...] [--output FILE.svg] [--width 760]

One group of bars for each model, precision and set of photographs; a bar is the median rate, the whisker its smallest and
largest, the number behind it how many times as fast Penstock is.
"""

import argparse
import html
import json
import pathlib

import summary

HERE = pathlib.Path(__file__).resolve().parent
ROW, GROUP, LABEL, RIGHT, TOP = 24, 50, 230, 120, 16
STYLE = """
 text { font: 13px system-ui, sans-serif; fill: #1f2328 }
 .title { font-weight: 600 }
 .quiet { fill: #59636e }
 .bar { fill: #8c959f }
 .own { fill: #d9480f }
 .bound { fill: none; stroke: #59636e; stroke-dasharray: 4 3 }
 .whisker { stroke: #1f2328; stroke-width: 1.5 }
 @media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .quiet { fill: #9198a1 }
  .bar { fill: #6e7681 }
  .own { fill: #ff922b }
  .bound { stroke: #9198a1 }
  .whisker { stroke: #e6edf3 }
 }
"""


def label(row: dict) -> str:
    return summary.TITLES[row["name"]].replace("`", "")


def bar(row: dict, series: summary.Series, y: int, scale: float) -> list[str]:
    """One contender: its name, its bar, the whisker over all rounds, and its number."""
    rates = series.rates(row["name"])
    kind = "own" if row["name"].startswith("penstock") else "bound" if row["name"] == "model-alone" else "bar"
    end = LABEL + row["images_per_second"] * scale
    low, high = LABEL + min(rates) * scale, LABEL + max(rates) * scale
    middle = y + ROW / 2 - 3
    number = f"{row['images_per_second']:.1f}"
    if "ratio" in row:
        number += f"  ({row['ratio']:.2f} ×)"
    return [f'<text x="{LABEL - 8}" y="{y + 13}" text-anchor="end">{html.escape(label(row))}</text>',
            f'<rect class="{kind}" x="{LABEL}" y="{y}" width="{end - LABEL:.1f}" height="{ROW - 6}"/>',
            f'<path class="whisker" d="M{low:.1f} {middle}H{high:.1f}"/>',
            f'<text x="{max(end, high) + 6:.1f}" y="{y + 13}">{number}</text>']


def group(series: summary.Series, y: int, width: int) -> tuple[list[str], int]:
    """Title and bars of one table; bare decode is left out, as it is twenty times as long as the others."""
    content = series.content()
    rows = [row for row in content["rows"] if row["name"] != "decode-alone"]
    scale = (width - LABEL - RIGHT) / max(max(series.rates(row["name"])) for row in rows)
    title = f"{content['model']}, {content['precision']}, {content['images']:,} photographs ({content['image_set']})"
    title += f", Penstock with {content['penstock_options']}" if content["penstock_options"] else ""
    machine = (f"images/s, medians of at least {min(row['n'] for row in rows)} (how many times as fast Penstock is); "
               f"{content['machine']['cpu']}, {content['machine']['cores']} cores")
    lines = [f'<text class="title" x="12" y="{y + 12}">{html.escape(title)}</text>',
             f'<text class="quiet" x="12" y="{y + 29}">{html.escape(machine)}</text>']
    y += GROUP - 10
    for row in sorted(rows, key=lambda row: -row["images_per_second"]):
        lines += bar(row, series, y, scale)
        y += ROW
    return lines, y + 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", nargs="+", type=pathlib.Path)
    parser.add_argument("--output", type=pathlib.Path, default=HERE.parent / "docs" / "performance" / "chart.svg")
    parser.add_argument("--width", type=int, default=760)
    options = parser.parse_args()
    pieces = [piece for path in options.results for piece in json.loads(path.read_text())["pieces"] if piece["rounds"]]
    lines, y = [], TOP
    for series in summary.all_series(pieces):
        drawn, y = group(series, y, options.width)
        lines += drawn
    picture = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {options.width} {y}" width="{options.width}" height="{y}" role="img">',
               "<title>Images per second of Penstock and of what people run instead</title>", f"<style>{STYLE}</style>", *lines, "</svg>"]
    options.output.write_text("\n".join(picture) + "\n")
    print(options.output)


if __name__ == "__main__":
    main()
