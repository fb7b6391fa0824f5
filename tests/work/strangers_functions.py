"""The tasks of sealed processes in tests: honest work, and what hostile data would make a library do."""

from __future__ import annotations

import ctypes
import json
import os
import socket
import subprocess
import sys
from pathlib import Path


def shout(data: bytes, *, mark: str) -> bytes:
    print("this is not the answer")
    return data.upper() + mark.encode()


def refuse(data: bytes) -> bytes:
    raise ValueError(f"no {data.decode()} here")


def environment(_data: bytes) -> bytes:
    return json.dumps(dict(os.environ)).encode()


def eat(_data: bytes) -> bytes:
    return b"x" * (1 << 30)


def spin(_data: bytes) -> bytes:
    while True:
        pass


def crash(_data: bytes) -> bytes:
    return ctypes.string_at(1, 1)


def flood(_data: bytes) -> bytes:
    return bytes(1 << 20)


def read_a_file(_data: bytes) -> bytes:
    return Path(__file__).read_bytes()


def connect(_data: bytes) -> bytes:
    socket.create_connection(("127.0.0.1", 9))
    return b"connected"


def start_a_process(_data: bytes) -> bytes:
    return subprocess.check_output([sys.executable, "-c", "print(1)"])
