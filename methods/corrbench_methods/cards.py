"""From a trained row of a comparison to the weights that are shipped: the file, and a card that says what it is."""

import json
from pathlib import Path
from typing import Any

from corrbench.core.checkpoint_files import read_checkpoint
from corrbench.core.files import write_text
from corrbench.errors import WeightsError
from corrbench_methods.shipped import WEIGHTS, export

_TEXT = """# {name}

A ResNet-18 to layer3, trained for `{name}` on a small budget. **These weights show that the program works; they are
no reproduction of the paper's, and must not be set beside published numbers.** Research use only, as its data are.

| | |
|---|---|
| made by | `corrbench compare-methods {plan} --rows "{row}" --seeds {seed} --images DIR --videos DIR` |
| course, stage | {course}, {stage}, {settings}; it starts from {start} |
| trained on | {data}; hashes {hashes} |
| budget | {steps} steps, {frames} frames, {cpu:.0f} CPU seconds ({seconds:.0f} s), all that it starts from included |
| trained with | {machine}; torch {torch}; corrbench {corrbench} at commit {commit} |
| frames have to be | {preprocessing} |
| stored | convolutions in float16, batch norms in float32 |

Reached with protocol `stt`, J&F on {scores}. `results/shared-budget.md` sets all methods of this budget side by side.
"""


def ship(
    folder: Path, name: str, data: str, plan: str = "results/shared-budget.toml", into: Path = WEIGHTS
) -> tuple[Path, Path]:
    """The paths of NAME.safetensors and NAME.md, made of what `corrbench compare-methods` left in WORK/ROW/seed-N.

    `data` says on the card what the training data are and under which terms. WeightsError where the row is not
    finished.
    """
    file, card = into / f"{name}.safetensors", into / f"{name}.md"
    try:
        line = _read(folder / "line.json")["line"]
        stages = _read(folder / "run.json")["stages"]
        hashes = _read(folder / "finished.json")["identity"]["data"]
    except (OSError, ValueError, KeyError) as error:
        raise WeightsError(f"{folder}: no finished row of a comparison ({error}); run compare-methods first") from None
    checkpoint = read_checkpoint(folder / "weights.safetensors")
    stage, budget = [*stages.values()][-1], line["budget"]
    made_with = stage["environment"]
    text = _TEXT.format(
        name=name,
        plan=plan,
        row=line["row"],
        seed=line["seed"],
        course=line["course"],
        stage=stage["stage"],
        settings=" ".join(line["settings"]) or "defaults",
        start=line["start"],
        data=data,
        hashes=", ".join(f"{kind} {value}" for kind, value in hashes.items()),
        steps=budget["steps"],
        frames=budget["frames_seen"],
        cpu=budget["cpu_seconds"],
        seconds=budget["seconds"],
        machine=budget["machine"],
        torch=made_with["packages"]["torch"],
        corrbench=made_with["corrbench"],
        commit=made_with["commit"],
        preprocessing=", ".join(f"{key} {value}" for key, value in stage["preprocessing"].items()),
        scores="; ".join(f"{score['data']}: {100 * score['mean']:.1f}" for score in line["scores"]),
    )
    into.mkdir(parents=True, exist_ok=True)
    export(checkpoint.tensors, checkpoint.metadata, file)
    write_text(card, text)
    return file, card


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
