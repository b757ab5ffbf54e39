"""Jobs for workers of the bench room: functions that another process can import."""

import os
import sys
import time

import numpy as np

from tunelet.bench.harness._worker import Desk
from tunelet.errors import ModelError


def count(desk: Desk, start: int) -> None:
    while desk.wait():
        print("what a library prints is none of the user's business")
        desk.report(start)
        start += 1


def take_memory(desk: Desk, mebibytes: int) -> None:
    while desk.wait():
        taken = np.ones(mebibytes * 2**20, dtype=np.uint8)
        desk.report(int(taken[-1]))
        del taken


def fail(desk: Desk) -> None:
    desk.wait()
    raise ValueError("no such thing\nas this")


def refuse(desk: Desk) -> None:
    desk.wait()
    raise ModelError("expected an encoder, found a toaster", "name another")


def die(desk: Desk) -> None:
    desk.wait()
    print("last words", file=sys.stderr, flush=True)
    os._exit(3)


def hang(desk: Desk) -> None:
    desk.wait()
    time.sleep(600)


def oddities_of_stock(desk: Desk, subject: object) -> None:
    """What a stock arm's process has of tunelet's own set-up: nothing."""
    from tunelet.bench.rivals._stock import adapted_model, stock_tokenizer

    desk.wait()
    stock_tokenizer(subject)  # type: ignore[arg-type]
    adapted_model(subject, attention=None)  # type: ignore[arg-type]
    loaded = [name for name in ("tunelet.model._load", "tunelet.kernels", "tunelet.training") if name in sys.modules]
    desk.report((loaded, os.environ.get("ONEDNN_PRIMITIVE_CACHE_CAPACITY")))
