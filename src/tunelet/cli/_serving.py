"""`tunelet serve`: finished runs behind HTTP."""

from pathlib import Path
from typing import Annotated

import typer

from tunelet.cli._family import Device, examples, family

commands = family()

Runs = Annotated[
    list[str],
    typer.Argument(
        metavar="RUN", help="folders of finished runs or exports, each also as NAME=RUN; default name: the folder's"
    ),
]
Host = Annotated[
    str, typer.Option(metavar="ADDRESS", help="address to listen at; one that other machines reach demands a token")
]
Port = Annotated[int, typer.Option(metavar="N", help="port to listen at; 0: any free one")]
TokenFile = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="file with the bearer token that requests must show; mode 0600 or 0640"),
]
Queue = Annotated[int, typer.Option(metavar="N", help="number of texts that may wait; over it the answer is 429")]
ExplainQueue = Annotated[int, typer.Option(metavar="N", help="number of texts that may wait to be explained")]
Deadline = Annotated[float, typer.Option(metavar="SECONDS", help="time to an answer; past it the answer is 504")]
MaxTexts = Annotated[int, typer.Option(metavar="N", help="largest number of texts in a request")]
MaxCharacters = Annotated[int, typer.Option(metavar="N", help="largest number of characters in a text")]
MaxBody = Annotated[int, typer.Option(metavar="BYTES", help="largest size of a request")]
BodySeconds = Annotated[float, typer.Option(metavar="SECONDS", help="time for a request to arrive; past it it is 408")]
BatchTokens = Annotated[
    int,
    typer.Option(metavar="N", help="number of tokens that the model computes together; 0: what takes 1/15 of a second"),
]
Connections = Annotated[int, typer.Option(metavar="N", help="largest number of open connections")]
Drain = Annotated[
    float, typer.Option(metavar="SECONDS", help="time after SIGTERM in which requests are still taken, but not /readyz")
]
Threads = Annotated[int, typer.Option(metavar="N", help="number of threads to compute with; 0: the library's choice")]
LogTexts = Annotated[bool, typer.Option("--log-texts", help="texts of each request in the log")]


@commands.command(
    epilog=examples(
        "tunelet serve runs/stars",
        "tunelet serve stars=runs/2025-11-03 topics=runs/2025-11-20 --port 8080",
        "tunelet serve runs/stars --host 0.0.0.0 --token-file token",
    )
)
def serve(
    runs: Runs,
    host: Host = "127.0.0.1",
    port: Port = 8000,
    token_file: TokenFile = None,
    queue: Queue = 256,
    explain_queue: ExplainQueue = 16,
    deadline: Deadline = 10.0,
    max_texts: MaxTexts = 128,
    max_characters: MaxCharacters = 100_000,
    max_body: MaxBody = 1 << 20,
    body_seconds: BodySeconds = 10.0,
    batch_tokens: BatchTokens = 0,
    connections: Connections = 512,
    drain: Drain = 1.0,
    threads: Threads = 0,
    log_texts: LogTexts = False,
    device: Device = None,
) -> None:
    """Serve finished runs over HTTP, with a page at / to try them on.

    POST /v1/predict classifies texts, /openapi.json describes the rest.
    """
    from tunelet.serve import ServeSettings
    from tunelet.serve import serve as serve_runs

    settings = ServeSettings(
        queue=queue,
        explain_queue=explain_queue,
        deadline=deadline,
        max_texts=max_texts,
        max_characters=max_characters,
        max_body=max_body,
        body_seconds=body_seconds,
        batch_tokens=batch_tokens,
        connections=connections,
        drain=drain,
        threads=threads,
        log_texts=log_texts,
    )
    serve_runs(runs, host=host, port=port, token_file=token_file, device=device, settings=settings)
