"""Whatever lies where a checkpoint should be: each loader refuses it with a line, and runs no code.

What is checked when a file is fetched (size and hash) stands in test_download.py; here the file got
past that, or was changed behind its receipt.
"""

from __future__ import annotations

import os
import pickle
import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save as as_safetensors
from safetensors.torch import save_file

from modules.errors import WeightsRejected
from modules.text.catalogue import LANGUAGES, tell
from tests.asr import tiny as whisper
from tests.avatar.musetalk.small import write_small
from tests.emotion import tiny as phobert
from tests.llm.local.tiny import save_qwen
from tests.tts import mms_voice, piper_voice
from tests.voice.openvoice.filled import SMALL, config_text

torch.set_num_threads(1)  # tests share the machine


@dataclass(frozen=True)
class Loader:
    """How a network's folder is made, what of it holds the weights, and how it is loaded."""

    weights: str
    make: Callable[[Path], object]
    load: Callable[[Path], object]

    @property
    def pickled(self) -> bool:
        return self.weights.endswith((".bin", ".pth", ".tar"))


def _asr_torch(folder: Path) -> object:
    from modules.asr.network import Network

    return Network(folder, "cpu")


def _asr_ctranslate2(folder: Path) -> object:
    from modules.asr.conversion import converted

    return converted(folder)


def _llm(folder: Path) -> object:
    from modules.llm.local.cards import CARDS
    from modules.llm.local.network import Network

    return Network(folder, CARDS["qwen3-0.6b"], "cpu")


def _voice(folder: Path) -> object:
    from modules.voice.openvoice.checkpoint import load_converter

    return load_converter(folder)


def _emotion(folder: Path) -> object:
    from modules.emotion.phobert.network import Network

    return Network(folder, (), "cpu")


def _mms(folder: Path) -> object:
    from modules.tts.mms.network import MmsNetwork

    return MmsNetwork(folder, mms_voice.files(folder, hashed=False))


def _piper(folder: Path) -> object:
    from modules.tts.piper.network import PiperNetwork

    return PiperNetwork(folder, piper_voice.files(folder, hashed=False))


def _unet(folder: Path) -> object:
    from modules.avatar.musetalk.checkpoint import released_unet

    return released_unet(folder / "musetalk")


def _autoencoder(folder: Path) -> object:
    from modules.avatar.musetalk.checkpoint import released_autoencoder

    return released_autoencoder(folder / "sd-vae-ft-mse")


def _ear(folder: Path) -> object:
    from modules.avatar.musetalk.checkpoint import released_ear

    return released_ear(folder / "whisper-tiny")


def _wav2lip(folder: Path) -> object:
    from modules.avatar.wav2lip.checkpoint import CHECKPOINT, load_wav2lip

    return load_wav2lip(folder / CHECKPOINT)


def _sadtalker(folder: Path) -> object:
    from modules.avatar.sadtalker.checkpoint import load_networks

    return load_networks(folder / "SadTalker_V0.0.2_512.safetensors")


def _mapping(folder: Path) -> object:
    from modules.avatar.sadtalker.checkpoint import load_mapping

    return load_mapping(folder, "crop")


def _converter(folder: Path) -> None:
    (folder / "config.json").write_text(config_text(**SMALL), "utf-8")


def _nothing(folder: Path) -> None:
    """The weights are all there is."""


EMOTIONS = ("Enjoyment", "Sadness", "Anger", "Fear", "Disgust", "Surprise", "Other")
LOADERS = {
    "asr on torch": Loader("pytorch_model.bin", whisper.save_model, _asr_torch),
    "asr on ctranslate2": Loader("pytorch_model.bin", whisper.save_model, _asr_ctranslate2),
    "language model": Loader("model.safetensors", save_qwen, _llm),
    "voice": Loader("checkpoint.pth", _converter, _voice),
    "emotion": Loader(
        "pytorch_model.bin", lambda f: phobert.save(f, EMOTIONS, safe=False), _emotion
    ),
    "mms": Loader("model.safetensors", mms_voice.write, _mms),
    "piper": Loader(piper_voice.NAME, piper_voice.write, _piper),
    "musetalk": Loader("musetalk/musetalkV15/unet.pth", write_small, _unet),
    "autoencoder": Loader(
        "sd-vae-ft-mse/diffusion_pytorch_model.safetensors", write_small, _autoencoder
    ),
    "ear": Loader("whisper-tiny/model.safetensors", write_small, _ear),
    "wav2lip": Loader("wav2lip_gan.pth", _nothing, _wav2lip),
    "sadtalker": Loader("SadTalker_V0.0.2_512.safetensors", _nothing, _sadtalker),
    "sadtalker's pose": Loader("mapping_00229-model.pth.tar", _nothing, _mapping),
}


class Evil:
    """Asks the unpickler to make a file."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self.mark}",)


OTHER = {"some.weight": torch.zeros(4, 4), "some.bias": torch.zeros(4)}


def another_network(path: Path, loader: Loader, mark: Path) -> None:
    if not loader.pickled:
        save_file(OTHER, path)
    else:
        torch.save({"model": OTHER, "state_dict": OTHER, "netG": OTHER, **OTHER}, path)


def cut_off(path: Path, loader: Loader, mark: Path) -> None:
    if not path.is_file():
        another_network(path, loader, mark)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 2 // 3])


def asks_for_code(path: Path, loader: Loader, mark: Path) -> None:
    torch.save({"model": Evil(mark), "state_dict": Evil(mark)}, path)


def asks_for_code_as_of_old(path: Path, loader: Loader, mark: Path) -> None:
    torch.save({"model": Evil(mark)}, path, _use_new_zipfile_serialization=False)


def a_bare_pickle(path: Path, loader: Loader, mark: Path) -> None:
    path.write_bytes(pickle.dumps(Evil(mark)))


def emptied(path: Path, loader: Loader, mark: Path) -> None:
    path.write_bytes(b"")


def noise(path: Path, loader: Loader, mark: Path) -> None:
    path.write_bytes(random.Random(3).randbytes(20_000))


def a_login_page(path: Path, loader: Loader, mark: Path) -> None:
    path.write_text("<!doctype html><title>Sign in</title>" * 50)


def a_pointer(path: Path, loader: Loader, mark: Path) -> None:
    path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 99\n")


def a_list(path: Path, loader: Loader, mark: Path) -> None:
    torch.save([torch.zeros(3)], path)


def one_tensor_missing(path: Path, loader: Loader, mark: Path) -> None:
    if loader.weights.endswith(".onnx") or not path.is_file():
        another_network(path, loader, mark)
    elif loader.pickled:
        state = torch.load(path, weights_only=True)
        path.unlink()
        torch.save(dict(list(state.items())[1:]), path)
    else:
        from safetensors.torch import load

        state = load(path.read_bytes())
        path.write_bytes(as_safetensors(dict(list(state.items())[:-1])))


DAMAGES = (
    another_network, cut_off, asks_for_code, asks_for_code_as_of_old, a_bare_pickle, emptied, noise,
    a_login_page, a_pointer, a_list, one_tensor_missing,
)  # fmt: skip


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return a way to the undamaged folder of a loader, made once."""
    made: dict[Callable[[Path], object], Path] = {}

    def folder(name: str) -> Path:
        make = LOADERS[name].make
        if make not in made:
            made[make] = tmp_path_factory.mktemp("whole")
            make(made[make])
        return made[make]

    return folder


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
@pytest.mark.parametrize("name", LOADERS)
def test_what_is_no_checkpoint_of_ours_is_refused_with_a_line_and_nothing_is_run(
    name: str,
    damage: Callable[[Path, Loader, Path], None],
    whole: Callable[[str], Path],
    tmp_path: Path,
) -> None:
    loader, mark = LOADERS[name], tmp_path / "owned"
    folder = Path(shutil.copytree(whole(name), tmp_path / "model"))
    damage(folder / loader.weights, loader, mark)
    with pytest.raises(WeightsRejected) as caught:
        loader.load(folder)
    assert not mark.exists()
    for language in LANGUAGES:
        assert tell(language, caught.value.code, **caught.value.params) != caught.value.code


@pytest.mark.parametrize("name", ["asr on torch", "language model", "emotion", "mms", "musetalk"])
def test_the_same_folder_undamaged_is_loaded(name: str, whole: Callable[[str], Path]) -> None:
    assert LOADERS[name].load(whole(name)) is not None
