"""How threads wait for each other on a busy machine: workers, the event loop, clients, other services."""

import os
import sys

_POLICY = "OMP_WAIT_POLICY"
_SWITCH_SECONDS = 0.0005


def sleep_while_waiting() -> None:
    """Let the threads of a product sleep, unless the user says otherwise; of no effect once PyTorch is loaded.

    They meet at its end, and OpenMP lets those that are there first spin. Where something else needs the core, what
    they wait for is exactly what their spinning keeps from running: on two busy cores a service that answers 120
    requests a second asleep answered 7 of 686 in 6 seconds spinning.
    """
    if "torch" not in sys.modules and "GOMP_SPINCOUNT" not in os.environ:
        os.environ.setdefault(_POLICY, "PASSIVE")


def switch_often() -> None:
    """Let no thread keep the interpreter for long while others wait for it.

    A worker needs it for some microseconds after each operation. While the event loop writes answers it would wait for
    Python's five milliseconds every time, and its core would have nothing to do.
    """
    sys.setswitchinterval(min(sys.getswitchinterval(), _SWITCH_SECONDS))
