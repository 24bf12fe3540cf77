"""All runs as one table, ranked only where rule and data are the same."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from corrbench.core.files import write_text
from corrbench.records.record import RunRecord
from corrbench.records.store import all_records

# Rows that agree in all of these were measured alike, and only those are ranked against each other.
ALIKE = ["task", "dataset", "split", "data_hash", "protocol_hash"]
DECIMALS = 6


def leaderboard(output: Path) -> pd.DataFrame:
    """One row per method, weights, data set and protocol hash, best first within each group of `ALIKE`.

    Of equal runs the latest counts. Metrics are fractions. A run that was cut by a limit has no rank.
    """
    records = list(all_records(output))
    metrics = dict.fromkeys(name for record in records for name in record.metrics)  # of all tasks, side by side
    rows = pd.DataFrame([_row(record, metrics) for record in records])
    if rows.empty:
        return rows
    rows = rows.sort_values("date", kind="stable").drop_duplicates("id", keep="last")
    ranked = rows[~rows["limited"] & rows["_score"].notna()]
    ranks = ranked.groupby(ALIKE)["_score"].rank(ascending=False, method="min").astype("Int64")
    rows.insert(0, "rank", ranks)
    rows = rows.sort_values([*ALIKE, "limited", "_score", "method"], ascending=[True] * 6 + [False, True])
    return rows.drop(columns="_score").reset_index(drop=True)


def write_leaderboard(output: Path) -> tuple[Path, Path]:
    """Write leaderboard.csv and leaderboard.md into the output folder, and return their paths."""
    rows = leaderboard(output)
    table, page = output / "leaderboard.csv", output / "leaderboard.md"
    write_text(table, rows.to_csv(index=False, float_format=f"%.{DECIMALS}f", lineterminator="\n"))
    write_text(page, "\n".join(_pages(rows)) + "\n")
    return table, page


def _row(record: RunRecord, metrics: Iterable[str]) -> dict[str, object]:
    data = record.dataset
    return {
        "task": record.task,
        "dataset": data.name,
        "split": data.split,
        "complete": data.complete,
        "sequences": len(data.sequences),
        "limited": record.limited,
        "protocol": record.protocol.name,
        "overrides": ", ".join(f"{key}={value}" for key, value in sorted(record.protocol.overrides.items())),
        "protocol_hash": record.protocol.hash,
        "method": record.method,
        "method_hash": record.extractor.hash,
        "weights_sha256": record.extractor.weights_sha256,
        "stride": record.extractor.stride,
        **{name: record.metrics.get(name) for name in metrics},
        **record.throughput,
        "device": record.environment.get("device"),
        "data_hash": data.hash,
        "corrbench": record.environment.get("corrbench"),
        "commit": record.environment.get("commit"),
        "date": record.date,
        "id": record.id,
        "_score": next(iter(record.metrics.values()), None),
    }


def _pages(rows: pd.DataFrame) -> Iterable[str]:
    yield "# Leaderboard"
    yield ""
    yield "Made by `corrbench leaderboard`. Percent. Tables of different data or rules must not be compared."
    if rows.empty:
        yield ""
        yield "No finished runs."
        return
    for _, group in rows.groupby([*ALIKE, "limited"], sort=False):
        first = group.iloc[0]
        yield from ("", f"## {_heading(first)}", "")
        names = _metrics(group)
        yield "| rank | method | " + " | ".join(names) + " | frames/s | device |"
        yield "|" + "---|" * (len(names) + 4)
        for row in group.to_dict("records"):
            rank = "–" if pd.isna(row["rank"]) else str(row["rank"])
            cells = [rank, f"`{row['method']}`", *(_percent(row[name]) for name in names)]
            cells += ["–" if pd.isna(row["total_fps"]) else f"{row['total_fps']:.2f}", str(row["device"])]
            yield "| " + " | ".join(cells) + " |"


def _heading(row: "pd.Series[Any]") -> str:
    data = f"{row['task']}: {row['dataset']} {row['split']}, {row['sequences']} sequences"
    kind = "embedded sample" if row["dataset"] == "sample" else ("complete" if row["complete"] else "a subset")
    rule = f"{row['protocol']} ({row['overrides']})" if row["overrides"] else row["protocol"]
    cut = "; cut by a limit, not ranked" if row["limited"] else ""
    return f"{data} ({kind}{cut}); protocol {rule}, {row['protocol_hash']}; data {row['data_hash']}"


def _metrics(group: pd.DataFrame) -> list[str]:
    columns = list(group.columns)
    return [
        name
        for name in columns[columns.index("stride") + 1 : columns.index("features_fps")]
        if group[name].notna().any()
    ]


def _percent(value: Any) -> str:
    return "–" if pd.isna(value) else f"{100 * float(str(value)):.1f}"
