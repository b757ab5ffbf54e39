"""A model behind HTTP as people write it: FastAPI and transformers' pipeline. `tunelet serve` is measured against it.

    python measurements/serving_plain.py MODEL PORT [--dtype bfloat16]

MODEL is a folder of transformers, as `tunelet export --to merged` writes it. POST /predict takes {"text": "..."}.
"""

import argparse
from typing import Any


def classifier(model: str, dtype: str) -> Any:
    """transformers' own pipeline, with the probabilities of all labels."""
    import torch
    from transformers import pipeline

    return pipeline("text-classification", model, top_k=None, dtype=getattr(torch, dtype), truncation=True)


def options(description: str | None) -> argparse.ArgumentParser:
    """The arguments of both rivals."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("port", type=int)
    parser.add_argument("--dtype", choices=["float32", "bfloat16"], default="float32")
    return parser


def main() -> None:
    import uvicorn
    from fastapi import FastAPI
    from pydantic import BaseModel

    arguments = options(__doc__).parse_args()
    classify = classifier(arguments.model, arguments.dtype)
    app = FastAPI()

    class Asked(BaseModel):
        text: str

    @app.get("/health")
    def health() -> str:
        return "ok"

    @app.post("/predict")
    def predict(asked: Asked) -> Any:
        return classify(asked.text)

    uvicorn.run(app, port=arguments.port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
