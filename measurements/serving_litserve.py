"""The same model in LitServe, which gathers requests into batches. `tunelet serve` is measured against it.

python measurements/serving_litserve.py MODEL PORT --batch 16 --wait 0.01 [--dtype bfloat16]
"""

from typing import Any

import litserve
from serving_plain import classifier, options


class Api(litserve.LitAPI):  # type: ignore[misc]  # at the top of the file: another process imports it
    """transformers' pipeline on up to `max_batch_size` texts at once."""

    model, dtype = "", ""

    def setup(self, device: str) -> None:
        """Load the model, in the process that computes."""
        self.classify = classifier(self.model, self.dtype)

    def decode_request(self, request: dict[str, Any]) -> str:
        """The text of a request."""
        return str(request["text"])

    def predict(self, texts: Any) -> Any:
        """Labels with probabilities, of a batch or of one text."""
        return self.classify(texts, batch_size=len(texts)) if isinstance(texts, list) else self.classify(texts)

    def encode_response(self, output: Any) -> dict[str, Any]:
        """The answer to one request."""
        return {"labels": output}


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("--batch", type=int, default=16, help="requests computed together at most")
    parser.add_argument("--wait", type=float, default=0.01, help="seconds to wait for them")
    arguments = parser.parse_args()
    api = Api(max_batch_size=arguments.batch, batch_timeout=arguments.wait)
    api.model, api.dtype = arguments.model, arguments.dtype
    server = litserve.LitServer(api, accelerator="cpu")
    server.run(host="127.0.0.1", port=arguments.port, log_level="warning", generate_client_file=False, access_log=False)


if __name__ == "__main__":
    main()
