"""`GET /v1/about`, and the page's own files over HTTP."""

import re
from types import SimpleNamespace

from served import Held, running
from tunelet.classifier import ExportedClassifier


def test_what_is_said_of_a_run_are_its_records(service, bakery_run):
    with service.client() as client:
        said = client.get("/v1/about").json()
        assert client.get("/v1/about", params={"model": "bakery"}).json() == said
    values = {metric["name"]: (metric["value"], metric["low"], metric["high"]) for metric in said["metrics"]}
    metrics = bakery_run.metrics
    assert values["accuracy"] == (metrics.accuracy, *metrics.interval("accuracy"))
    assert values["log loss"] == (metrics.log_loss, *(metrics.interval("log_loss") or (None, None)))
    assert said["data"] == f"{metrics.n} validation texts"


def test_its_curve_follows_the_pages_colours_and_has_no_style(service):
    with service.client() as client:
        said = client.get("/v1/about").json()
    assert said["roc"].startswith("<svg")
    assert "var(--ink)" in said["roc"]
    assert not re.search(r"<style|\sstyle=|#01020", said["roc"])
    assert "positive rate" in said["roc_described"]


def test_of_an_export_and_of_no_model_there_is_nothing(bakery):
    export = object.__new__(ExportedClassifier)
    vars(export).update(vars(Held(bakery)))
    with running({"bakery": bakery}) as found, found.client() as client:
        assert client.get("/v1/about", params={"model": "other"}).status_code == 404
        found.service.models["bakery"] = SimpleNamespace(name="bakery", classifier=export)
        answer = client.get("/v1/about")
    assert (answer.status_code, answer.json()["error"]["field"]) == (404, "model")


def test_the_page_comes_with_a_policy_and_is_not_kept(service):
    with service.client() as client:
        for path, kind in (("/", "text/html"), ("/page/app.js", "text/javascript"), ("/page/page.css", "text/css")):
            for answer in (client.get(path), client.head(path)):
                assert answer.status_code == 200
                assert answer.headers["content-type"].startswith(kind)
                assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
                assert "unsafe" not in answer.headers["content-security-policy"]
                assert answer.headers["x-content-type-options"] == "nosniff"
                assert answer.headers["cache-control"] == "no-cache"
        assert client.get("/page/source_http.js").status_code == 404
        assert client.get("/page/../app.js").status_code == 404
