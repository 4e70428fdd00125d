"""Weights that a Space's build has put into the hub's cache, taken in without a copy.

`preload_from_hub` in the README's front matter names what the build fetches. At start each model
that lies whole in the cache, at the pinned commit, is linked into the app's directory and checked
against the table, as a download is.

    python -m modules.preloaded

prints the lines of the front matter for the engines that the suggested hardware uses.
"""

from __future__ import annotations

import logging
import os
import shutil
import sys
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from modules.models import MODELS, FileSpec, ModelSpec, Receipt, Weights, write_receipts

log = logging.getLogger("guong.preloaded")

SUGGESTED = ("phowhisper-medium", "openvoice-v2", "vieneu-v3-turbo", "qwen3-4b")
"""What a T4 of 16 GB holds of models without a gate and without limits of use, some 11.8 GB: a
recogniser, a tone colour converter, a base voice, a language model."""

Find = Callable[[FileSpec], Path | None]
"""Where the cache has a file, if it has it."""


def take_in(weights: Weights, find: Find | None = None) -> list[str]:
    """Link every model that the hub's cache holds whole into `weights`; return their keys.

    A file that is not what the table names is refused with a line in the log, and the others are
    taken all the same.
    """
    taken = []
    for key, model in weights.models.items():
        if not weights.present(key):
            found = [(file, (find or in_cache)(file)) for file in model.files]
            if all(path is not None for _, path in found):
                files = [(file, path) for file, path in found if path is not None]
                if _linked(model, files, weights.directory / key):
                    taken.append(key)
    if taken:
        log.info("taken from the build: %s", ", ".join(taken))
    return taken


def in_cache(file: FileSpec) -> Path | None:
    """Return where `huggingface_hub` keeps a file of a pinned commit, None where it does not."""
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(file.repo, file.name, revision=file.revision)
    return Path(found) if isinstance(found, str) else None


def _linked(model: ModelSpec, files: list[tuple[FileSpec, Path]], folder: Path) -> bool:
    receipts = {}
    try:
        for file, path in files:
            log.info("checking %s of %s", file.name, model.key)
            receipt = Receipt.of(path.resolve(), file)
            if file.sha256 not in (None, receipt.sha256):
                log.error("%s of %s in the cache is another file", file.name, model.key)
                return False
            receipts[file.name] = receipt
        for file, path in files:
            _link(path.resolve(), folder / file.name)
        write_receipts(folder, receipts)
    except OSError as error:
        log.error("%s cannot be taken from the cache: %s", model.key, type(error).__name__)
        return False
    return True


def _link(source: Path, target: Path) -> None:
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:  # another disk
        try:
            target.symlink_to(source)
        except OSError:  # no links there, as in a bucket
            shutil.copy2(source, target)


def front_matter(keys: tuple[str, ...] = SUGGESTED) -> list[str]:
    """Return the lines of `preload_from_hub` for models: "repo file,file commit"."""
    lines = []
    for key in keys:
        groups: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        for file in MODELS[key].files:
            groups[file.repo, file.revision].append(file.name)
        lines += [f"{repo} {','.join(names)} {sha}" for (repo, sha), names in groups.items()]
    return lines


def main() -> None:
    """Print the front matter's lines and how much the build would fetch."""
    lines = ["preload_from_hub:", *(f"  - {line}" for line in front_matter())]
    size = sum(MODELS[key].bytes for key in SUGGESTED) / 1e9
    sys.stdout.write("\n".join(lines) + f"\n# {size:.1f} GB\n")


if __name__ == "__main__":
    main()
