"""How threads wait for each other while the machine has other work: the event loop, clients, other services.

The threads of a product meet at its end. OpenMP lets those that are there first spin, for a sleeping thread is slower
to go on. Where something else needs the core, what they wait for is exactly what their spinning keeps from running: on
two busy cores a service that answers 120 requests a second asleep answered 7 of 686 in 6 seconds spinning.
"""

import os
import sys

_POLICY = "OMP_WAIT_POLICY"


def sleep_while_waiting() -> None:
    """Let threads sleep, unless the user says otherwise; of no effect once PyTorch is loaded, which reads it then."""
    if "torch" not in sys.modules and "GOMP_SPINCOUNT" not in os.environ:
        os.environ.setdefault(_POLICY, "PASSIVE")
