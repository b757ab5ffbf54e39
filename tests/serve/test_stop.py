"""How a service ends: it says so, it finishes what it took, and it loses nothing."""

import re
import signal
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from command_line import command, environment
from served import Held, running
from tunelet.serve import ServeSettings

BODY = {"texts": ["warm rye loaf", "cold burnt roll"]}


def test_it_says_that_it_is_not_ready_while_it_still_answers(held: Held):
    with running({"bakery": held}, ServeSettings(drain=30)) as found, found.client() as client:
        assert client.get("/readyz").json() == {"status": "ready"}
        found.stop()
        answer = client.get("/readyz")
        assert (answer.status_code, answer.json()) == (503, {"status": "stopping"})
        assert answer.headers["connection"] == "close"
        answer = client.post("/v1/predict", json=BODY)
        assert (answer.status_code, answer.headers["connection"]) == (200, "close")
        found.stop()  # a second time: at once


def test_the_answers_to_probes_are_no_errors_of_the_service(held: Held):
    with running({"bakery": held}, ServeSettings(drain=30)) as found, found.client() as client:
        client.get("/readyz")
        assert "\ntunelet_ready 1.0\n" in client.get("/metrics").text
        found.stop()
        assert client.get("/readyz").status_code == 503
        assert client.get("/healthz").status_code == 200
        client.get("/no/such/path")
        figures = client.get("/metrics").text
        found.stop()  # a second time: at once
    assert "\ntunelet_ready 0.0\n" in figures
    assert 'tunelet_rejected_total{reason="stopping"} 0.0' in figures
    assert not re.findall('healthz|readyz|status="5', figures)
    assert 'tunelet_requests_total{method="GET",path="other",status="404"} 1.0' in figures


def test_it_finishes_what_it_took_and_refuses_what_is_new(held: Held):
    with running({"bakery": held}) as found, found.client() as client, ThreadPoolExecutor(4) as threads:
        with held.held():
            taken = [threads.submit(httpx.post, f"{found.url}/v1/predict", json=BODY, timeout=60) for _ in range(4)]
            while found.service.batcher.waiting < 8:
                time.sleep(0.01)
            found.stop()
            new = {"texts": "new", "deadline": 0.05}
            while (refused := client.post("/v1/predict", json=new)).status_code in (429, 504):
                time.sleep(0.01)
            assert refused.status_code == 503
            assert refused.json()["error"]["code"] == "unavailable"
            assert int(refused.headers["retry-after"]) >= 1
        assert [len(one.result().json()["predictions"]) for one in taken] == [2] * 4


@pytest.mark.slow
def test_sigterm_under_load_loses_nothing_that_was_taken(bakery_run):
    process = subprocess.Popen(
        command("serve", bakery_run.path, "--port", 0, "--queue", 40, "--max-texts", 10, "--drain", 0.3),
        env=environment(),
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    lines: list[str] = []
    for line in process.stderr:
        lines.append(line)
        if found := re.search(r"serving at (http://\S+);", line):
            break
    url = found[1]
    rest = threading.Thread(target=lambda: lines.extend(process.stderr))
    rest.start()
    statuses: list[int] = []
    lost: list[str] = []
    stopped, once = threading.Event(), threading.Lock()

    def ask(number: int) -> None:
        with httpx.Client(base_url=url, timeout=60) as client:
            while True:
                try:
                    answer = client.post("/v1/predict", json={"texts": [f"loaf {number} {n}" for n in range(5)]})
                except httpx.ConnectError:
                    return  # nobody listens any more
                except httpx.TransportError as error:  # while it stops, a connection at rest may be closed
                    if not stopped.is_set():
                        lost.append(repr(error))
                    return
                statuses.append(answer.status_code)
                if answer.status_code == 200:
                    assert len(answer.json()["predictions"]) == 5
                if len(statuses) >= 100 and once.acquire(blocking=False):  # a second signal would not wait
                    stopped.set()
                    process.send_signal(signal.SIGTERM)

    with ThreadPoolExecutor(16) as threads:
        list(threads.map(ask, range(16)))
    assert process.wait(60) == 0
    rest.join(60)
    process.stderr.close()
    assert lost == []
    assert set(statuses) <= {200, 429, 503}
    answered = sum(" /v1/predict 200 " in line for line in lines)
    assert answered == statuses.count(200) > 0  # whatever it says it answered has arrived
    assert any("stopped" in line for line in lines)
    assert not [line for line in lines if "fault" in line]
