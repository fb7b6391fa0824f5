"""The files that start many processes: each is valid for its reader, and agrees with the settings."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from typing import Any

import kubernetes_validate
import pytest
import yaml

from bot.settings import Settings
from tests.conftest import ROOT

MANIFESTS = sorted((ROOT / "docs" / "kubernetes").glob("*.yaml"))
COMPOSE = ROOT / "compose.scale.yaml"
OF_OTHERS = {
    *("POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD", "NATS_GATEWAY_PASSWORD", "NATS_WORKER_PASSWORD"),
    "BAKE_WEIGHTS",
}
"""Names in capitals that are not Starling's settings."""


def named_in(text: str) -> set[str]:
    return set(re.findall(r"\b[A-Z]+(?:_[A-Z]+)+\b|\bGATEWAYS?\b|\bSHARDS\b", text)) - OF_OTHERS


def resources() -> Iterator[tuple[str, dict[str, Any]]]:
    for file in MANIFESTS:
        for resource in yaml.safe_load_all(file.read_text()):
            yield file.name, resource


def containers() -> Iterator[dict[str, Any]]:
    for _file, resource in resources():
        yield from (
            resource["spec"].get("template", {}).get("spec", {}).get("containers", []) if "spec" in resource else []
        )


def test_the_compose_file_is_one_and_names_settings_that_there_are() -> None:
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", COMPOSE.name]
    done = subprocess.run(check, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert {name.lower() for name in named_in(COMPOSE.read_text())} <= set(Settings.model_fields)


def test_a_worker_is_given_neither_the_token_nor_the_database() -> None:
    worker = yaml.safe_load(COMPOSE.read_text())["services"]["worker"]
    assert [file["path"] for file in worker["env_file"]] == ["worker.env"]
    assert set(worker["environment"]) == {"METRICS_HOST", "WORK_URL"}


@pytest.mark.parametrize("resource", [pytest.param(one, id=f"{file}-{one['kind']}") for file, one in resources()])
def test_kubernetes_takes_each_manifest(resource: dict[str, Any]) -> None:
    kubernetes_validate.validate(resource, kubernetes_validate.latest_version(), strict=True)


def test_the_manifests_name_settings_that_there_are_and_agree_with_each_other() -> None:
    text = "".join(file.read_text() for file in MANIFESTS)
    assert {name.lower() for name in named_in(text)} <= set(Settings.model_fields)
    by_kind = {(one["kind"], one["metadata"]["name"]): one for _file, one in resources()}
    gateways = by_kind["StatefulSet", "starling-gateway"]["spec"]
    environment = {one["name"]: one.get("value") for one in gateways["template"]["spec"]["containers"][0]["env"]}
    assert str(gateways["replicas"]) == environment["GATEWAYS"]
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    images = {one["image"] for one in containers() if one["name"] == "starling"}
    assert images == {f"starling:{version}"}
    metric = by_kind["HorizontalPodAutoscaler", "starling-worker"]["spec"]["metrics"][0]["external"]["metric"]["name"]
    assert metric in by_kind["ConfigMap", "starling-queue-depth"]["data"]["config.yaml"]


def test_no_container_runs_as_root_or_writes_to_its_image() -> None:
    found = list(containers())
    assert len(found) == 3
    for one in found:
        context = one["securityContext"]
        assert context["readOnlyRootFilesystem"] and not context["allowPrivilegeEscalation"]
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert {"requests", "limits"} <= set(one["resources"])
