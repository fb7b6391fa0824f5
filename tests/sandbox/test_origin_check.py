"""A page of another site, open in the browser of somebody who runs a sandbox, learns nothing from the sandbox."""

from __future__ import annotations

import aiohttp
import pytest

from bot.sandbox import Sandbox
from bot.sandbox.model.seed import BOT_TOKEN

FOREIGN = [
    {"Host": "evil.example"},
    {"Host": "evil.example:8190"},
    {"Host": "localhost.evil.example"},
    {"Host": "127.0.0.1.evil.example"},
    {"Host": "[::1"},
    {"Origin": "https://evil.example"},
    {"Origin": "http://127.0.0.1:1"},
    {"Origin": "null"},
]


@pytest.mark.parametrize("headers", FOREIGN)
@pytest.mark.parametrize("path", ["/", "/sandbox", "/api/v10/gateway", "/gateway", "/page/main.js"])
async def test_what_a_foreign_page_asks_for_is_refused(sandbox: Sandbox, headers: dict[str, str], path: str) -> None:
    async with aiohttp.ClientSession() as http, http.get(f"{sandbox.url}{path}", headers=headers) as answer:
        assert answer.status == 403
        assert BOT_TOKEN not in await answer.text()


async def test_a_foreign_page_orders_no_trouble(sandbox: Sandbox) -> None:
    headers = {"Origin": "https://evil.example", "Content-Type": "text/plain"}
    async with aiohttp.ClientSession() as http:
        body = '{"kind": "server_error"}'
        async with http.post(f"{sandbox.url}/sandbox/faults", data=body, headers=headers) as answer:
            assert answer.status == 403
    assert not sandbox.faults.payload


async def test_a_foreign_page_opens_no_socket(sandbox: Sandbox) -> None:
    async with aiohttp.ClientSession() as http:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await http.ws_connect(sandbox.services.gateway.url, origin="https://evil.example")
        assert refused.value.status == 403


async def test_its_own_page_is_let_in_by_address_and_by_name(sandbox: Sandbox) -> None:
    port = sandbox.url.rpartition(":")[2]
    async with aiohttp.ClientSession() as http:
        for host in (
            f"127.0.0.1:{port}",
            f"localhost:{port}",
            f"LOCALHOST:{port}",
            f"[::1]:{port}",
            f"192.168.1.7:{port}",
        ):
            headers = {"Host": host, "Origin": f"http://{host}"}
            async with http.get(f"{sandbox.url}/sandbox", headers=headers) as answer:
                assert answer.status == 200, host
