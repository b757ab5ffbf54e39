"""Which files of a checkpoint are wanted."""

from tunelet.checkpoint._files import wanted


def test_a_download_from_the_hub_has_the_pooling_with_it():
    names = ["README.md", "config.json", "model.safetensors", "tokenizer.json", "1_Pooling/config.json"]
    assert "1_Pooling/config.json" in wanted(names, random_weights=False)
    assert "1_Pooling/config.json" in wanted(names, random_weights=True)
    assert "1_Pooling/config.json" not in wanted(names[:4], random_weights=False)
