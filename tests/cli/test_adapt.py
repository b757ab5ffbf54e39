"""`tunelet adapt` as a user meets it."""

import json

from command_line import call, refused


def test_the_losses_before_and_after_are_on_the_screen_and_in_the_json(tiny_language_model, tmp_path, capsys):
    texts = tmp_path / "texts.txt"
    texts.write_text("".join(f"the ferry leaves at {hour} o'clock\n" for hour in range(40)))
    out = tmp_path / "checkpoint"
    done = call(
        capsys,
        "adapt", str(texts), "--model", str(tiny_language_model("distilbert")), "--out", str(out), "--max-length", "16",
        "--device", "cpu", "--json",
    )  # fmt: skip
    assert done.status == 0
    found = json.loads(done.stdout)
    assert found["path"] == str(out)
    assert found["texts"] == 38
    assert found["held_out"] == 2
    assert f"{found['before']:.3f} before, {found['after']:.3f} after" in done.stderr
    assert f"tunelet train DATA --model {out}" in done.stderr


def test_a_checkpoint_without_the_head_is_the_users_mistake(tiny_checkpoint, tmp_path, capsys):
    texts = tmp_path / "texts.txt"
    texts.write_text("one text\nanother text\na third\n")
    refused(call(capsys, "adapt", str(texts), "--model", str(tiny_checkpoint("bert")), "--out", str(tmp_path / "out")))
    assert not (tmp_path / "out.partial").exists()
