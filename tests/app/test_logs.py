"""No secret appears in a log, whoever reads it and however it got there."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

import pytest

from tests.conftest import ROOT

TOKEN, KEY, PASSWORD = "no-shape-of-a-token/2026", "0123456789abcdef0123456789abcdef", 'swo"rd\\fish'
ELSEWHERE = (
    "a-token-of-nats",
    "of-the-second",
    "of-an%2Faddress",
    "of-an/address",
    "of-a-header",
    "of-a-further-field",
    "of-another%21",
    "of-another!",
)
"""The secrets set in addresses, headers and request fields."""
FOREIGN = ("gsk_abcdefghijklmnop1234", "sk-abcdefghijklmnop1234", "Bearer a1b2c3d4e5f6a7b8c9d0")

SPILLING = """
import logging, structlog
from bot.app.logs import set_up_logs
from bot.settings import read_settings

settings = read_settings()
set_up_logs("debug", settings.secrets)
log = structlog.get_logger()
token, key = settings.discord_token.get_secret_value(), settings.openai_api_key.get_secret_value()
log.info("flat", value=f"the token is {token}")
log.info("nested", headers={"Authorization": [f"Bearer {key}"]}, more=("x", {"key": key}))
logging.getLogger("some.library").warning("connecting with %s", {"password": "PASSWORD", "url": settings.database_url})
log.info("foreign", values=FOREIGN)
log.info("elsewhere", values=ELSEWHERE)
try:
    raise ValueError(f"refused: {token}, {key}")
except ValueError:
    log.exception("failed", cause={"key": key})
"""


@pytest.mark.parametrize("terminal", [True, False])
def test_no_secret_is_in_a_log(terminal: bool) -> None:
    code = (
        SPILLING.replace("FOREIGN", repr(FOREIGN))
        .replace("ELSEWHERE", repr(list(ELSEWHERE)))
        .replace('"PASSWORD"', repr(PASSWORD))
    )
    environment = {
        "PATH": os.environ["PATH"],
        "DISCORD_TOKEN": TOKEN,
        "OPENAI_API_KEY": KEY,
        "TRAINING_API_KEY": PASSWORD,
        "CHAT_MODEL": "scripted",
        "DATABASE_URL": f"postgresql://starling:{KEY}@db/starling",
        "WORK_URL": "nats://a-token-of-nats@bus:4222,nats://me:of-the-second@bus2:4222",
        "OPENAI_BASE_URL": "https://api.invalid/v1?api-key=of-an%2Faddress",
        "CHAT_HEADERS": '{"X-Door": "Basic of-a-header"}',
        "CHAT_EXTRA": '{"provider": {"api_key": "of-a-further-field"}}',
        "CHAT_ENDPOINTS": '[{"name": "other", "base_url": "https://me:of-another%21@api.invalid/v1"}]',
    }
    parent, child = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, stderr=child if terminal else subprocess.PIPE
    ) as process:
        os.close(child)
        written = _read(parent) if terminal else process.communicate()[1].decode()
    os.close(parent)
    assert written.count("[concealed]") >= 10
    for words in ("the token is", "nested", "connecting with", "refused:"):
        assert words in written
    for secret in (TOKEN, KEY, PASSWORD, "fish", *ELSEWHERE, *(value.rpartition(" ")[2] for value in FOREIGN)):
        assert secret not in written, f"{secret} is in the log"


def _read(terminal: int) -> str:
    parts: list[bytes] = []
    while True:
        try:
            part = os.read(terminal, 65536)
        except OSError:  # the server has closed the connection
            part = b""
        if not part:
            return b"".join(parts).decode()
        parts.append(part)
