"""The child process of the embedded chat engine.

``python -m bot.conversation.engine GGUF THREADS CONTEXT PORT [ADAPTER...]``: adapters are numbered from 0 in their
order, and affect only requests that give them a scale.

It reads its key from the first line of standard input, prints the address on which it listens as one JSON line, and
exits when standard input ends: when its parent does, however that dies.
"""

from __future__ import annotations

import json
import os
import sys

import xllamacpp


def main() -> None:
    """Serve until the parent is gone."""
    gguf = sys.argv[1]
    threads, context_tokens, port = map(int, sys.argv[2:5])
    params = xllamacpp.CommonParams()
    params.model.path = gguf
    params.n_ctx = context_tokens
    params.n_parallel = 1
    params.cpuparams.n_threads = threads
    params.cpuparams_batch.n_threads = threads
    params.warmup = False
    params.fit_params = False  # the model is small, and checking what fits would load it once more
    params.api_keys = [sys.stdin.readline().strip()]
    params.ui = False
    params.sampling.temp = 0.2  # a model this small wanders off at higher temperatures
    params.sampling.penalty_repeat = 1.05  # and repeats itself for ever without this
    params.port = port  # 0: any free one
    params.lora_adapters = [xllamacpp.CommonAdapterLoraInfo(path=path, scale=0.0) for path in sys.argv[5:]]
    server = xllamacpp.Server(params)
    # The engine also writes its log to standard output, so the address is marked.
    print(json.dumps({"listening": server.listening_address}), flush=True)  # noqa: T201 - the parent reads it
    sys.stdin.read()
    # The engine's threads do not end by themselves.
    os._exit(0)


if __name__ == "__main__":
    main()
