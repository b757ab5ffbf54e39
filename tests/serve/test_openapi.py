"""The description in OpenAPI: its examples are right, and whatever is sent by it is answered as it says."""

import json
from collections.abc import Iterator

import pytest
import schemathesis
import schemathesis.specs.openapi.schemas  # now: pytest parses it, and Python 3.11 not while the server's thread parses
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode

from served import Running, running
from tunelet.serve import ServeSettings


@pytest.fixture(scope="module")
def small(bakery) -> Iterator[Running]:
    """A service with limits that random requests reach."""
    with running({"bakery": bakery}, ServeSettings(max_texts=4, max_characters=40, max_body=50_000, drain=0)) as found:
        yield found


@pytest.mark.slow
@pytest.mark.parametrize("mode", list(GenerationMode))
def test_whatever_is_sent_is_answered_as_described(small, mode):
    """As it should be sent, and as it should not."""
    description = schemathesis.openapi.from_url(f"{small.url}/openapi.json")
    operations = [found.ok() for found in description.get_all_operations()]
    assert len(operations) == 7
    sent: set[tuple[str, int]] = set()
    for operation in operations:
        if mode is GenerationMode.NEGATIVE and operation.method == "get":
            continue  # takes nothing that could be wrong

        @given(case=operation.as_strategy(generation_mode=mode))
        @settings(
            max_examples=3 if operation.method == "get" else 25,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        def ask(case):
            answer = case.call()
            sent.add((case.path, answer.status_code))
            if answer.status_code in (429, 504):  # only to who asked for it so soon
                assert (case.body.get("deadline") or 60) < 5
                return
            assert answer.status_code < 500
            case.validate_response(answer)

        ask()
    assert ("/v1/predict", 200 if mode is GenerationMode.POSITIVE else 422) in sent


def test_every_example_of_a_request_is_answered(service):
    with service.client() as client:
        schemas = client.get("/openapi.json").json()["components"]["schemas"]
        for path, schema in (("/v1/predict", "Predict"), ("/v1/explain", "Explain")):
            for name, field in schemas[schema]["properties"].items():
                assert field["description"], name
                for example in field["examples"]:
                    answer = client.post(path, json={"texts": "a loaf", name: example})
                    assert answer.status_code == 200, (name, example, answer.text)


def test_every_field_of_an_answer_is_described_or_an_object_of_its_own(service):
    with service.client() as client:
        found = client.get("/openapi.json").json()
    assert "http" not in json.dumps(found["paths"])  # it names no other place
    for name in (
        "TextPrediction",
        "TextExplanation",
        "ExplainedWord",
        "Problem",
        "Limits",
        "Figure",
        "About",
        "AboutMetric",
    ):
        assert all("description" in field for field in found["components"]["schemas"][name]["properties"].values())
    for path in ("/v1/predict", "/v1/explain", "/v1/models", "/v1/about", "/metrics"):
        (operation,) = found["paths"][path].values()
        assert operation["summary"]
        assert all("Problem" in json.dumps(answer) for code, answer in operation["responses"].items() if code >= "400")
