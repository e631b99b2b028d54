#!/usr/bin/python3
"""export_compare.py FORMAT REPORT.json EXPORTED: every figure of an export is the report's.

FORMAT is csv-calls, csv-sites, csv-findings, folded-rate, folded-things, folded-bytes,
folded-objects, speedscope, openmetrics, pprof (what `go tool pprof -raw` says of it) or sqlite.
Prints what differs and how much was compared."""

import csv
import io
import json
import re
import sqlite3
import sys
from collections import Counter
from decimal import ROUND_HALF_UP, Decimal

LEAKS = ("leak", "growing")
OUTSIDE = "(outside)"
compared = 0
different = 0


def same(what, exported, report):
    global compared, different
    compared += 1
    if exported != report:
        different += 1
        if different <= 10:
            print(f"{what}: {exported!r}, the report says {report!r}")


def number(text):
    return None if text == "" else float(text)


def sites_of(report):
    """Each site with its call (None: outside), in the report's order."""
    for call in report["calls"]:
        for site in call["sites"]:
            yield call, site
    for site in report["outside"]["sites"]:
        yield None, site


def weights(call, site):
    """Rate, things, bytes, objects."""
    leaks = call and site["verdict"] in LEAKS
    return (site["bytes_per_call"] if leaks else 0, site["per_call"] if leaks else 0,
            site["bytes"], site["survivors"])


def name_of(frame):
    if frame["function"]:
        return frame["function"]
    module = re.split(r"[/\\]", frame["module"])[-1] + "+" if frame["module"] else ""
    return f"{module}{frame['offset']:#x}"


def stack_of(site):
    return [name_of(frame) for frame in site["stack"]]


def path_of(call):
    return " > ".join(call["path"] + [call["name"]]) if call else OUTSIDE


# ---- CSV ----

def rows_of(path):
    with open(path, encoding="utf-8", newline="") as file:
        text = file.read()
    assert text.endswith("\r\n"), "the last line has no end"
    rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    header = text.split("\r\n", 1)[0].split(",")
    for row in rows:
        assert None not in row and None not in row.values(), f"cells that do not fit: {row}"
        assert list(row) == header
    return rows


def csv_calls(report, path):
    rows = rows_of(path)
    same("calls", len(rows), len(report["calls"]))
    for row, call in zip(rows, report["calls"]):
        what = f"call {call['name']!r}"
        same(what, row["call"], call["name"])
        same(what, row["path"], " > ".join(call["path"]))
        same(what, row["verdict"], call["verdict"])
        same(what, row["exact"], "true" if call["exact"] else "false")
        same(what, [number(row["ci95_low"]), number(row["ci95_high"])], call["ci95"])
        for column in ("count", "finished", "bytes_per_call", "inclusive_bytes_per_call",
                       "observed_bytes_per_call", "blocks_per_call", "critical_sections_per_call",
                       "private_heaps_per_call", "module_references_per_call",
                       "interface_references_per_call"):
            same(f"{what} {column}", number(row[column]), call[column])
        same(f"{what} others", number(row["other_things_per_call"]),
             sum(call["things_per_call"].values()))
        same(f"{what} survivors", int(row["survivors"]), sum(s["survivors"] for s in call["sites"]))
        same(f"{what} bytes", int(row["bytes"]), sum(s["bytes"] for s in call["sites"]))


def csv_sites(report, path):
    rows, sites = rows_of(path), list(sites_of(report))
    same("sites", len(rows), len(sites))
    for row, (call, site) in zip(rows, sites):
        what = f"site of {path_of(call)!r}"
        same(what, row["call"], call["name"] if call else "")
        same(what, row["path"], " > ".join(call["path"]) if call else "")
        same(what, row["resource"], site["resource"])
        same(what, (int(row["survivors"]), int(row["bytes"])), (site["survivors"], site["bytes"]))
        first = site["stack"][0] if site["stack"] else {}
        for column in ("function", "file", "module"):
            same(f"{what} {column}", row[column], first.get(column) or "")
        same(f"{what} line", row["line"], str(first.get("line") or ""))
        same(f"{what} stack", re.sub(r" \([^()]*:\d+\)(?= < |$)", "", row["stack"]),
             " < ".join(stack_of(site)))
        if not call:
            same(what, {row[c] for c in ("verdict", "bytes_per_call", "per_call", "exact")}, {""})
            continue
        for column in ("verdict", "growth"):
            same(f"{what} {column}", row[column], site[column])
        for column in ("bytes_per_call", "per_call"):
            same(f"{what} {column}", number(row[column]), site[column])
        same(what, [number(row["ci95_low"]), number(row["ci95_high"])], site["ci95"])
        same(what, [number(row["per_call_ci95_low"]), number(row["per_call_ci95_high"])],
             site["per_call_ci95"])


def csv_findings(report, path):
    rows = rows_of(path)
    same("findings", len(rows), len(report["findings"]))
    for row, finding in zip(rows, report["findings"]):
        for column in ("kind", "message", "severity"):
            same("finding", row[column], finding[column])
        for column in ("call", "per", "module", "detail"):
            same("finding", row[column], finding.get(column) or "")
        same("finding", row["path"], " > ".join(finding["path"]))
        same("finding", int(row["count"]), finding["count"])
        for column in ("per_call", "bytes_per_call"):
            same("finding", number(row[column]), finding[column])


# ---- stacks ----

def whole(value):
    """As C's round: halves go up."""
    return int(Decimal(value).quantize(Decimal(1), ROUND_HALF_UP))


def folded_name(name):
    return re.sub(r"[\x00-\x1f\x7f]", " ", name).replace(";", ":")


def folded(report, path, weight):
    scale = 1000 if weight < 2 else 1
    expected = Counter()
    for call, site in sites_of(report):
        value = whole(weights(call, site)[weight] * scale)
        if value:
            frames = [path_of(call)] + stack_of(site)[::-1]
            expected[";".join(map(folded_name, frames))] += value
    exported = Counter()
    with open(path, encoding="utf-8", newline="\n") as file:
        for line in file:
            stack, value = re.fullmatch(r"(.*) (\d+)\n", line).groups()
            exported[stack] += int(value)
    same("stacks", exported, expected)
    same("calls", {stack.split(";")[0] for stack in exported},
         {stack.split(";")[0] for stack in expected})


def speedscope(report, path):
    with open(path, encoding="utf-8") as file:
        exported = json.load(file)
    names = ("bytes per call", "things per call", "retained bytes", "retained objects")
    frames = exported["shared"]["frames"]
    profiles = {profile["name"]: profile for profile in exported["profiles"]}
    for weight, name in enumerate(names):
        expected = [(weights(call, site)[weight],
                     [(path_of(call), None, None)] +
                     [(name_of(f), f["file"], f["line"] if f["file"] else None)
                      for f in site["stack"][::-1]])
                    for call, site in sites_of(report) if weights(call, site)[weight] > 0]
        if not expected:
            same("profile", name in profiles, not any(sum(weights(*s)) for s in sites_of(report))
                 and name == names[-1])
            continue
        profile = profiles[name]
        told = [(value, [(frames[i]["name"], frames[i].get("file"), frames[i].get("line"))
                         for i in sample])
                for value, sample in zip(profile["weights"], profile["samples"])]
        same(f"stacks of {name}", told, expected)
        same(f"samples of {name}", len(profile["samples"]), len(profile["weights"]))
        same(f"sum of {name}", abs(profile["endValue"] - sum(profile["weights"])) < 1e-6, True)


def raw_pprof(report, path):
    """Samples, with their labels and functions, as pprof has read them."""
    with open(path, encoding="utf-8", errors="surrogateescape", newline="\n") as file:
        text = file.read()
    same("types", re.search(r"^Samples:\n(.*)", text, re.M).group(1).replace("[dflt]", ""),
         "bytes_per_call/millibytes things_per_call/thousandths retained_bytes/bytes "
         "retained_objects/count")
    samples = text.split("\nSamples:\n", 1)[1].split("\nLocations\n", 1)[0]
    told = [tuple(int(v) for v in values.split())
            for values in re.findall(r"^((?: *-?\d+){4}):", samples, re.M)]
    expected = []
    for call, site in sites_of(report):
        rate, things, size, objects = weights(call, site)
        expected.append((whole(rate * 1000), whole(things * 1000), size, objects))
    same("samples", told, expected)
    expected_lines, expected_labels = set(), set()
    for call, site in sites_of(report):
        name = call["name"] if call else OUTSIDE
        expected_labels |= {f"call:[{name}]", f"kind:[{site['resource']}]"}
        if call:
            expected_labels.add(f"verdict:[{site['verdict']}]")
        if call and call["path"]:
            expected_labels.add(f"path:[{' > '.join(call['path'])}]")
        for frame in site["stack"]:
            if frame["function"]:
                expected_lines.add((frame["function"], f"{frame['file'] or ''}:{frame['line'] or 0} "))
    for label in expected_labels:
        same(label, label in samples, True)
    for function, place in expected_lines:  # what it shortens for people it keeps in brackets
        same(f"line {function} {place}",
             f"{function} {place}" in text or f" {place}s=0({function})" in text, True)


# ---- tables of figures ----

def unescaped(text):
    return re.sub(r"\\(.)", lambda m: "\n" if m.group(1) == "n" else m.group(1), text)


def metrics_of(path):
    """Families, and samples by name and labels; no sample twice."""
    with open(path, encoding="utf-8", newline="\n") as file:
        lines = file.read().split("\n")
    assert lines[-2:] == ["# EOF", ""], "no end"
    samples, family, closed = {}, None, set()
    for line in lines[:-2]:
        if line.startswith("# TYPE "):
            closed.add(family)
            family = line.split()[2]
            assert family not in closed, f"{family} twice"
        if line.startswith("# UNIT "):
            assert family.endswith("_" + line.split()[3]), line
        if line.startswith("#"):
            continue
        name, labels, value = re.fullmatch(
            r'(\w+)\{((?:\w+="(?:[^"\\]|\\.)*",?)*)\} (\S+)', line).groups()
        assert name == family, line
        key = (name, frozenset((k, unescaped(v)) for k, v in
                               re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', labels)))
        assert key not in samples, f"twice: {key}"
        samples[key] = float(value)
    return samples


def openmetrics(report, path):
    samples = metrics_of(path)

    def sample(name, labels):
        wanted = {(k, v) for k, v in labels.items() if v}
        found = [value for (at, has), value in samples.items()
                 if at == name and {p for p in has if p[1] and p[0] not in ("program", "build", "label")} == wanted]
        return found[0] if len(found) == 1 else found

    for call in report["calls"]:
        labels = {"call": call["name"], "path": " > ".join(call["path"]),
                  "verdict": call["verdict"]}
        figures = {"leak_per_call_bytes": call["bytes_per_call"],
                   "leak_per_call_low_bytes": call["ci95"][0],
                   "leak_per_call_high_bytes": call["ci95"][1],
                   "leak_per_call_inclusive_bytes": call["inclusive_bytes_per_call"],
                   "observed_per_call_bytes": call["observed_bytes_per_call"],
                   "calls": call["count"],
                   "retained_bytes": sum(s["bytes"] for s in call["sites"]),
                   "retained_objects": sum(s["survivors"] for s in call["sites"])}
        for name, value in figures.items():
            same(f"{name} {labels}", sample("residue_" + name, labels), value)
        things = Counter()
        for site in call["sites"]:
            things[site["resource"]] += site["per_call"] if site["verdict"] in LEAKS else 0
        for kind, value in things.items():
            told = sample("residue_leak_per_call_objects", {**labels, "kind": kind}) or 0
            same(f"things {labels} {kind}", abs(told - value) < 1e-9, True)
    same("outside", sample("residue_outside_bytes", {}), report["outside"]["bytes"])
    same("outside", sample("residue_outside_objects", {}), report["outside"]["survivors"])
    for kind, count in Counter(f["kind"] for f in report["findings"]).items():
        same(f"findings {kind}", sample("residue_findings", {"kind": kind}), count)


def sqlite(report, path):
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    database.row_factory = sqlite3.Row
    run = database.execute("SELECT * FROM runs ORDER BY id DESC").fetchone()
    program = report["program"]
    same("run", (run["program"], json.loads(run["arguments"]), run["pid"], run["arch"], run["os"],
                 run["exit_kind"], run["exit_status"], bool(run["complete"]), run["trouble"],
                 run["missed"], run["outside_survivors"], run["outside_bytes"]),
         (program["path"], program["arguments"], program["pid"], program["arch"], program["os"],
          program["exit"]["kind"], program["exit"]["status"], program["complete"],
          program["trouble"], program["missed"], report["outside"]["survivors"],
          report["outside"]["bytes"]))
    calls = database.execute("SELECT * FROM calls WHERE run = ? ORDER BY id", (run["id"],))
    calls = calls.fetchall()
    same("calls", len(calls), len(report["calls"]))
    for row, call in zip(calls, report["calls"]):
        what = f"call {call['name']!r}"
        for column in ("name", "count", "finished", "verdict", "exact"):
            same(f"{what} {column}", row[column], call[column])
        same(what, json.loads(row["path"]), call["path"])
        for column in ("bytes_per_call", "inclusive_bytes_per_call", "observed_bytes_per_call"):
            same(f"{what} {column}", float(f"{row[column]:.15g}"), call[column])
        same(what, [float(f"{row[c]:.15g}") for c in ("ci95_low", "ci95_high")], call["ci95"])
        same(what, row["bytes"], sum(s["bytes"] for s in call["sites"]))
    lines = {r["id"]: {k: r[k] for k in ("module", "offset", "function", "file", "line", "inlined")}
             for r in database.execute("SELECT * FROM frames")}
    index = {row["id"]: call for row, call in zip(calls, report["calls"])}
    rows = database.execute(
        "SELECT sites.*, frames, cut FROM sites JOIN stacks ON stacks.id = stack WHERE run = ? "
        "ORDER BY sites.id", (run["id"],)).fetchall()
    sites = list(sites_of(report))
    same("sites", len(rows), len(sites))
    for row, (call, site) in zip(rows, sites):
        same("site's call", index.get(row["call"]), call)
        for column in ("resource", "survivors", "bytes"):
            same(f"site's {column}", row[column], site[column])
        same("site's stack", ([lines[i] for i in json.loads(row["frames"])], bool(row["cut"])),
             (site["stack"], site["stack_cut"]))
        if call:
            for column in ("verdict", "growth", "exact"):
                same(f"site's {column}", row[column], site[column])
            for column in ("bytes_per_call", "per_call"):
                same(f"site's {column}", float(f"{row[column]:.15g}"), site[column])
    rows = database.execute("SELECT findings.*, name FROM findings LEFT JOIN calls "
                            "ON calls.id = call WHERE findings.run = ? ORDER BY findings.id",
                            (run["id"],)).fetchall()
    same("findings", [tuple(r[c] for c in ("kind", "name", "count", "per", "message", "detail", "severity"))
                      for r in rows],
         [tuple(f[c] for c in ("kind", "call", "count", "per", "message", "detail", "severity"))
          for f in report["findings"]])
    stacks = database.execute(
        "SELECT role, finding_stacks.count, frames FROM finding_stacks JOIN stacks ON stacks.id = stack "
        "JOIN findings ON findings.id = finding WHERE run = ? ORDER BY finding_stacks.rowid",
        (run["id"],)).fetchall()
    same("findings' stacks", [(r[0], r[1], [lines[i] for i in json.loads(r[2])]) for r in stacks],
         [(s["role"], s["count"], s["stack"]) for f in report["findings"] for s in f["stacks"]])
    rows = database.execute("SELECT * FROM memory WHERE run = ? ORDER BY rowid", (run["id"],))
    rows = rows.fetchall()
    memory = report["memory"]
    same("memory", [[float(f"{r['seconds']:.15g}"), r["tracked_bytes"]] for r in rows],
         memory["tracked_bytes"])
    same("memory", [[float(f"{r['seconds']:.15g}"), r["private_bytes"]] for r in rows
                    if r["private_bytes"] is not None], memory["private_bytes"])


def main():
    kind, report_path, path = sys.argv[1:]
    with open(report_path, encoding="utf-8") as file:
        report = json.load(file)
    compare = {"csv-calls": csv_calls, "csv-sites": csv_sites, "csv-findings": csv_findings,
               "speedscope": speedscope, "openmetrics": openmetrics, "pprof": raw_pprof,
               "sqlite": sqlite}
    if kind.startswith("folded-"):
        order = ("rate", "things", "bytes", "objects")
        folded(report, path, order.index(kind.removeprefix("folded-")))
    else:
        compare[kind](report, path)
    if different:
        print(f"{kind}: {different} of {compared} differ")
    elif not compared:
        print(f"{kind}: nothing was compared")
    return different > 0 or not compared


if __name__ == "__main__":
    sys.exit(main())
