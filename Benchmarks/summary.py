"""Tables from what compare.py measured.

usage: summary.py RESULTS.json [--started TIME] [--format markdown|text|json]

Pieces about the same photographs, model, precision and machine make one table. "Penstock is" is the median of Penstock's
rate ÷ the peer's over the pairs that ran in turns, with the smallest and the largest of these ratios. Spread of a rate is
(largest - smallest) ÷ median. With `model-alone` and `decode-alone` there is a ceiling of other people's programs,
1/ceiling = 1/model alone + 1/decode alone. The share of it that Penstock reached is the sum of its two ratios: each is of programs that
ran in turns, where their rates may be of different minutes.
"""

import argparse
import json
import pathlib
import statistics
import sys

TITLES = {
    "penstock": "Penstock", "penstock-fast": "Penstock, `--resize-quality fast`", "ray-torch": "Ray Data + PyTorch, 2 actors",
    "ray-openvino": "Ray Data + OpenVINO, 1 actor", "ray-onnxruntime": "Ray Data + ONNX Runtime, 1 actor",
    "dataloader-torch": "DataLoader + PyTorch", "dataloader-openvino": "DataLoader + OpenVINO", "daft-openvino": "Daft + OpenVINO",
    "handwritten": "hand-written, OpenVINO", "model-alone": "model alone (`benchmark_app`)",
    "decode-alone": "bare decode (libjpeg-turbo), all cores",
}
ALONE = ("model-alone", "decode-alone")


def ranges(values: list[float], digits: int = 2) -> str:
    return f"{min(values):.{digits}f}–{max(values):.{digits}f}"


def percent(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.1f} %"


class Series:
    """Pairs over the same photographs with the same model, precision and machine."""

    def __init__(self, pieces: list[dict]):
        self.pieces = pieces
        self.rounds = [one["results"] for piece in pieces for one in piece["rounds"]]
        self.names = [name for name in TITLES if any(self.rate(one, name) for one in self.rounds)]

    @staticmethod
    def rate(one: dict, name: str) -> float | None:
        return one.get(name, {}).get("images_per_second")

    def rates(self, name: str) -> list[float]:
        return [rate for one in self.rounds if (rate := self.rate(one, name))]

    def ratios(self, name: str, key: str = "images_per_second") -> list[float]:
        """Penstock against a contender, pair by pair; above 1: Penstock is faster."""
        pairs = [(one["penstock"][key], one[name][key]) for one in self.rounds if key in one.get(name, {}) and "penstock" in one]
        return [ours / theirs if key == "images_per_second" else theirs / ours for ours, theirs in pairs]

    def last(self, name: str, *keys: str):
        """A value of the last round that has it."""
        for one in reversed(self.rounds):
            value = one.get(name, {})
            for key in keys:
                value = value.get(key, {}) if isinstance(value, dict) else {}
            if value not in ({}, None):
                return value
        return None

    def row(self, name: str) -> dict:
        rates, ratios = self.rates(name), self.ratios(name)
        middle = statistics.median(rates)
        row = {"name": name, "n": len(rates), "images_per_second": middle, "spread": (max(rates) - min(rates)) / middle,
               "precision": self.last(name, "precision"), "agreement": self.last(name, "answers", "agrees_with_penstock"),
               "top1": self.last(name, "answers", "top1"), "versions": self.last(name, "versions")}
        if name != "penstock" and ratios:
            row |= {"ratio": statistics.median(ratios), "ratios": ratios}
            if name not in ALONE:
                whole = self.ratios(name, "process_seconds")
                row |= {"whole_process_ratio": statistics.median(whole), "leaves_out": self.last(name, "leaves_out")}
        return row

    def content(self) -> dict:
        """Everything that the tables say."""
        first, rows = self.pieces[0], [self.row(name) for name in self.names]
        alone = [statistics.median(self.ratios(name)) for name in ALONE if self.ratios(name)]
        ceiling = sum(alone) if len(alone) == len(ALONE) else None
        memory = [one["penstock"]["peak_rss_bytes"] for one in self.rounds if "penstock" in one]
        return {key: first[key] for key in ("machine", "image_set", "images", "model", "precision", "penstock_options")} | {
            "first": first["started"], "last": self.pieces[-1]["started"], "rows": rows, "share_of_ceiling": ceiling,
            "penstock_peak_rss_bytes": max(memory), "verdict": self.last("penstock", "verdict"),
            "most_load": max(one["load"] for piece in self.pieces for one in piece["rounds"]),
            "failures": {name: one[name]["failed"] for one in self.rounds for name in one if "failed" in one[name]}}


def all_series(pieces: list[dict]) -> list[Series]:
    groups: dict[str, list[dict]] = {}
    for piece in pieces:
        key = json.dumps([piece[part] for part in ("machine", "image_set", "images", "model", "precision", "penstock_options")])
        groups.setdefault(key, []).append(piece)
    return [Series(group) for group in groups.values()]


def markdown(content: dict) -> str:
    machine = content["machine"]
    lines = [f"### {content['model']}, {content['precision']}, {content['images']:,} photographs ({content['image_set']})", "",
             f"{machine['cpu']} ({', '.join(machine['instructions'])}), {machine['cores']} cores, "
             f"{machine['memory_bytes'] / 2**30:.0f} GiB, {content['first'][:10]}; load average before a round at most "
             f"{content['most_load']:.1f}."]
    if content["penstock_options"]:
        lines.append(f"Penstock with `{content['penstock_options']}`.")
    lines += ["", "| | arithmetic | n | images/s (median) | spread | Penstock is | lowest and highest | whole process | top-1 | as Penstock |",
              "|---|---|---|---|---|---|---|---|---|---|"]
    for row in content["rows"]:
        ratio = f"**{row['ratio']:.2f} ×** | {ranges(row['ratios'])}" if "ratio" in row else " | "
        whole = f"{row['whole_process_ratio']:.2f} ×" if "whole_process_ratio" in row else ""
        lines.append(f"| {TITLES[row['name']]} | {row['precision'] or ''} | {row['n']} | {row['images_per_second']:.1f} | {row['spread']:.0%} "
                     f"| {ratio} | {whole} | {percent(row['top1'])} | {percent(row['agreement'] if row['name'] != 'penstock' else None)} |")
    if content["share_of_ceiling"]:
        lines.append(f"| ceiling, 1 / (1/model + 1/decode) | | | | | **{content['share_of_ceiling']:.2f} ×** | | | | |")
    versions = {name: value for row in content["rows"] for name, value in (row["versions"] or {}).items()}
    lines += ["", f"Penstock's peak memory {content['penstock_peak_rss_bytes'] / 2**20:.0f} MiB; {content['verdict']} "
              f"Versions: {', '.join(f'{name} {version}' for name, version in sorted(versions.items()))}."]
    lines += [f"{name} failed: {text}" for name, text in content["failures"].items()]
    return "\n".join(lines)


def text(content: dict) -> str:
    lines = [f"{content['model']}, {content['precision']}, {content['images']:,} photographs ({content['image_set']})",
             f"{'':<40} {'n':>2} {'images/s':>9} {'spread':>7}  {'Penstock is':>11}  {'lowest, highest':<15}  {'top-1':>7} {'as ours':>8}"]
    for row in content["rows"]:
        ratio = f"{row['ratio']:>9.2f} ×  {ranges(row['ratios']):<15}" if "ratio" in row else " " * 28
        lines.append(f"{TITLES[row['name']]:<40} {row['n']:>2} {row['images_per_second']:>9.1f} {row['spread']:>7.0%}  {ratio}  "
                     f"{percent(row['top1']):>7} {percent(row['agreement']):>8}")
    if content["share_of_ceiling"]:
        lines.append(f"of the ceiling of model and decode alone, Penstock reached {content['share_of_ceiling']:.1%}")
    return "\n".join(lines + [f"peak memory {content['penstock_peak_rss_bytes'] / 2**20:.0f} MiB; {content['verdict']}"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=pathlib.Path)
    parser.add_argument("--started", default="", help="only the piece of this time")
    parser.add_argument("--format", choices=("markdown", "text", "json"), default="text")
    options = parser.parse_args()
    if not options.results.exists():
        sys.exit(f"there is no {options.results}: run compare.py first")
    pieces = [piece for piece in json.loads(options.results.read_text())["pieces"] if piece["rounds"]]
    contents = [series.content() for series in all_series([one for one in pieces if options.started in ("", one["started"])])]
    if options.format == "json":
        print(json.dumps(contents, indent=1))
    else:
        print("\n\n".join((markdown if options.format == "markdown" else text)(content) for content in contents))


if __name__ == "__main__":
    main()
