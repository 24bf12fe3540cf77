"""Weights from the Hugging Face hub, or soon a clear word that they cannot be had."""

import http.client
import ssl
import urllib.error
import urllib.request
from pathlib import Path

from huggingface_hub import constants, hf_hub_download
from huggingface_hub.errors import EntryNotFoundError, LocalEntryNotFoundError

from corrbench.errors import WeightsError

# As timm looks for them (timm, models/_hub.py: load_state_dict_from_hf).
FILES = ("model.safetensors", "open_clip_model.safetensors", "pytorch_model.bin")

PATIENCE = 3.0  # seconds for the hub's first answer; its own client goes on trying for half a minute


def hub_file(repository: str, alternative: str = "") -> Path:
    """The weights file of a repository, `owner/name` or `owner/name@revision`: cached, or else downloaded.

    WeightsError when it is not cached and there is no connection, `HF_HUB_OFFLINE` is set, or the hub
    refuses; it names the file to fetch by hand, and `alternative`, another that would do.
    """
    name, _, revision = repository.partition("@")
    return _find(name, revision or None, cached=True) or _fetch(name, revision or None, alternative)


def _fetch(name: str, revision: str | None, alternative: str) -> Path:
    why = "HF_HUB_OFFLINE is set" if constants.HF_HUB_OFFLINE else _unreachable()
    if not why:
        try:
            if file := _find(name, revision, cached=False):
                return file
            why = f"it holds none of {', '.join(FILES)}"
        except Exception as error:  # the client's errors are of many libraries: refused, gated, cut off, disk full
            why = (str(error) or type(error).__name__).splitlines()[0]
    wanted = f"{FILES[0]} from {constants.ENDPOINT}/{name}" + (f" or {alternative}" if alternative else "")
    raise WeightsError(f"the weights {name} could not be downloaded ({why}); fetch {wanted} and pass --weights FILE")


def _find(name: str, revision: str | None, *, cached: bool) -> Path | None:
    for file in FILES:
        try:
            return Path(hf_hub_download(name, file, revision=revision, local_files_only=cached))
        except LocalEntryNotFoundError:  # an EntryNotFoundError too, which online means: no answer
            if not cached:
                raise
        except EntryNotFoundError:
            continue
    return None


def _unreachable() -> str | None:
    """Why the hub does not answer; None if it does, be it with a refusal or a proxy's own certificate."""
    try:
        urllib.request.urlopen(urllib.request.Request(constants.ENDPOINT, method="HEAD"), timeout=PATIENCE).close()
    except urllib.error.HTTPError as answer:
        answer.close()
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        if not isinstance(reason, ssl.SSLError):
            return f"no connection to {constants.ENDPOINT}: {reason}"
    return None
