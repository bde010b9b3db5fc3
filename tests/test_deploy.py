"""The files in deploy/ are whole, agree with each other and the program, and ask for no more than it needs."""

from __future__ import annotations

import configparser
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from sqlalchemy.engine import make_url

from bot.config import Settings, setting_name
from bot.metrics import DeprecatedNames
from bot.operations.backup import back_up
from bot.operations.endpoint import operations
from bot.operations.health import Health
from bot.server.http import EVENTS_PATH
from embeddings.store.postgres import OLDEST_PGVECTOR, OLDEST_SERVER, address_of
from tests.asgi import get
from tests.bot.conftest import workspace_in
from tests.test_project import ROOT

DEPLOY = ROOT / "deploy"


ONE, SEVERAL = DEPLOY / "kubernetes", DEPLOY / "kubernetes-replicas"


OBJECTS = [path for path in sorted(DEPLOY.glob("kubernetes*/*.yaml")) if path.name != "kustomization.yaml"]


UNITS = sorted([*DEPLOY.glob("*.service"), *DEPLOY.glob("*.timer")])


VERSION = "1.31"


SETTINGS = {setting_name(name) for name in Settings.model_fields}


PORT = "9464"


SOCKETS = 10
"""So many sockets Slack lets an app open at once (https://docs.slack.dev/apis/events-api/using-socket-mode)."""


def one(path: Path) -> dict[str, Any]:
    """The only document of a YAML file."""
    (found,) = yaml.safe_load_all(path.read_text())
    return dict(found)


def container(folder: Path = ONE) -> dict[str, Any]:
    """The container of the folder's Kubernetes Deployment."""
    (found,) = one(folder / "deployment.yaml")["spec"]["template"]["spec"]["containers"]
    return dict(found)


def containers(folder: Path) -> list[dict[str, Any]]:
    """All containers of the folder's Deployment, those that come before the others too."""
    pod = one(folder / "deployment.yaml")["spec"]["template"]["spec"]
    return [*pod.get("initContainers", []), *pod["containers"]]


def instructions() -> Iterator[tuple[str, str]]:
    """The Dockerfile's instructions, each on one line."""
    text = re.sub(r"^#.*\n", "", (DEPLOY / "Dockerfile").read_text(), flags=re.MULTILINE)
    for line in text.replace("\\\n", " ").splitlines():
        if line.strip():
            word, _, rest = line.strip().partition(" ")
            yield word, rest.strip()


def image_environment() -> dict[str, str]:
    """What the image sets."""
    return dict(pair.split("=", 1) for word, rest in instructions() if word == "ENV" for pair in shlex.split(rest))


def exported(tmp_path: Path) -> set[str]:
    """The names of all samples that /metrics has, also of those that nothing was counted for yet."""
    with workspace_in(tmp_path) as workspace:
        health = Health(workspace.settings, workspace.library, workspace.store, team="T1")
        back_up(tmp_path, tmp_path / "backup.tar")
        text = get(operations(health), "/metrics").text
    declared = dict(re.findall(r"^# TYPE (\w+) (\w+)$", text, re.MULTILINE))
    histograms = [name for name, kind in declared.items() if kind == "histogram"]
    return set(declared) | {f"{name}_{end}" for name in histograms for end in ("bucket", "count", "sum")}


def metrics_in(expression: str) -> set[str]:
    """The names of metrics that a PromQL expression uses."""
    return set(re.findall(r"\b((?:topicbot|process)_\w+)", expression))


def test_rules_and_dashboard_name_only_metrics_that_exist(tmp_path: Path) -> None:
    there = exported(tmp_path)
    rules = [rule for group in one(DEPLOY / "prometheus-rules.yaml")["groups"] for rule in group["rules"]]
    used = {name for rule in rules for name in metrics_in(rule["expr"])}
    assert used
    dashboard = json.loads((DEPLOY / "grafana-dashboard.json").read_text())
    shown = {
        name for panel in dashboard["panels"] for target in panel["targets"] for name in metrics_in(target["expr"])
    }
    assert (used | shown) - there == set()
    assert {_family(name) for name in shown} >= {
        _family(name)
        for name in there
        if name.startswith("topicbot_")
        and name != "topicbot_build_info"
        and _family(name) not in DeprecatedNames.NAMES
    }, "every metric has its place in the dashboard"


def _family(name: str) -> str:
    return re.sub("_(bucket|count|sum|total|created)$", "", name)


def test_every_rule_says_what_to_do() -> None:
    for group in one(DEPLOY / "prometheus-rules.yaml")["groups"]:
        for rule in group["rules"]:
            assert rule["annotations"]["summary"]
            assert rule["annotations"]["action"]
            assert rule["labels"]["severity"] in ("page", "warn")


def test_the_dashboard_s_panels_lie_beside_each_other() -> None:
    taken: set[tuple[int, int]] = set()
    panels = json.loads((DEPLOY / "grafana-dashboard.json").read_text())["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    for panel in panels:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken
        assert at["x"] + at["w"] <= 24
        taken |= cells


@pytest.mark.parametrize("path", OBJECTS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_kubernetes_objects_fit_kubernetes_own_schemas(path: Path) -> None:
    for found in yaml.safe_load_all(path.read_text()):
        kubernetes_validate.validate(found, VERSION, strict=True)


@pytest.mark.parametrize("folder", [ONE, SEVERAL], ids=lambda folder: folder.name)
def test_the_kustomization_lists_every_object_but_the_examples(folder: Path) -> None:
    listed = one(folder / "kustomization.yaml")["resources"]
    objects = [path.name for path in OBJECTS if path.parent == folder]
    assert sorted(listed) == [name for name in objects if "example" not in name]


@pytest.mark.parametrize("folder", [ONE, SEVERAL], ids=lambda folder: folder.name)
def test_the_pod_keeps_to_kubernetes_restricted_standard(folder: Path) -> None:
    pod = one(folder / "deployment.yaml")["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert pod["securityContext"]["seccompProfile"]["type"] == "RuntimeDefault"
    assert not pod["automountServiceAccountToken"]
    for found in containers(folder):
        own = found["securityContext"]
        assert own["capabilities"] == {"drop": ["ALL"]}
        assert own["allowPrivilegeEscalation"] is False
        assert own["readOnlyRootFilesystem"] is True
    probes = {name: probe["httpGet"]["path"] for name, probe in container(folder).items() if "Probe" in name}
    assert probes == {"startupProbe": "/healthz", "livenessProbe": "/healthz", "readinessProbe": "/readyz"}
    labels = one(folder / "namespace.yaml")["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"


def test_one_pod_works_with_a_volume_and_lets_go_of_it_first() -> None:
    spec = one(ONE / "deployment.yaml")["spec"]
    assert (spec["replicas"], spec["strategy"]["type"]) == (1, "Recreate")


def test_several_pods_share_nothing_but_the_database() -> None:
    spec = one(SEVERAL / "deployment.yaml")["spec"]
    pod = spec["template"]["spec"]
    assert {name for volume in pod["volumes"] for name in volume} == {"name", "emptyDir"}
    assert [(found["name"], found["args"]) for found in containers(SEVERAL)] == [
        ("migrate", ["migrate"]),
        ("topicbot", ["run"]),
    ]
    for found in containers(SEVERAL):
        assert found["envFrom"] == [{"secretRef": {"name": "topicbot"}}]
    assert "TOPICBOT_DATABASE_URL" in one(SEVERAL / "secret.example.yaml")["stringData"]
    scaling, budget = one(SEVERAL / "scaling.yaml")["spec"], one(SEVERAL / "disruption.yaml")["spec"]
    assert spec["replicas"] == scaling["minReplicas"]
    assert 0 < budget["minAvailable"] < scaling["minReplicas"], "a node can be drained"
    surge = spec["strategy"]["rollingUpdate"]["maxSurge"]
    assert scaling["maxReplicas"] + surge <= SOCKETS
    labels = spec["template"]["metadata"]["labels"]
    for selector in (spec["selector"], budget["selector"], one(SEVERAL / "network.yaml")["spec"]["podSelector"]):
        assert selector["matchLabels"] == labels


def test_several_pods_are_reached_and_reach_out_only_where_they_must() -> None:
    policy = one(SEVERAL / "network.yaml")["spec"]
    ports = {entry["name"]: entry["containerPort"] for entry in container(SEVERAL)["ports"]}
    assert ports == {"operations": int(PORT), "http": 3000}
    allowed = [port["port"] for rule in policy["ingress"] for port in rule["ports"]]
    assert sorted(allowed) == ["http", "operations"]
    out = {port["port"] for rule in policy["egress"] for port in rule["ports"]}
    assert out == {53, 80, 443, make_url(_database_url(SEVERAL)).port}
    service, ingress = yaml.safe_load_all((SEVERAL / "http.example.yaml").read_text())
    (path,) = ingress["spec"]["rules"][0]["http"]["paths"]
    assert path["path"] == EVENTS_PATH
    assert path["backend"]["service"]["name"] == service["metadata"]["name"]
    assert service["spec"]["ports"][0]["targetPort"] in ports


def _database_url(folder: Path) -> str:
    return str(one(folder / "secret.example.yaml")["stringData"]["TOPICBOT_DATABASE_URL"])


def test_compose_with_postgresql_starts_in_order_and_keeps_what_must_be_kept() -> None:
    composed = one(DEPLOY / "compose.postgres.yaml")
    database, migrate, bot = (composed["services"][name] for name in ("postgres", "migrate", "topicbot"))
    image = re.fullmatch(r"pgvector/pgvector:(\d+)\.(\d+)\.(\d+)-pg(\d+)", database["image"])
    assert image
    *pgvector, server = map(int, image.groups())
    assert tuple(pgvector) >= OLDEST_PGVECTOR
    assert server >= OLDEST_SERVER
    assert migrate["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    assert bot["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}
    assert (migrate["command"], migrate["restart"]) == (["migrate"], "no")
    assert "ports" not in database, "the database is for the bot alone"
    kept = {volume.split(":")[0] for service in (database, bot) for volume in service["volumes"]}
    assert kept == set(composed["volumes"])
    password = database["environment"]["POSTGRES_PASSWORD"]
    assert password.startswith("${POSTGRES_PASSWORD:?"), "no password stands in the file"
    url = bot["environment"]["TOPICBOT_DATABASE_URL"].replace(password, "secret")
    address = address_of(url)
    assert (address.host, address.password) == ("postgres", "secret")
    named = database["environment"]
    assert (address.username, address.database) == (named["POSTGRES_USER"], named["POSTGRES_DB"])
    assert bot["environment"]["TOPICBOT_DATABASE_URL"] == migrate["environment"]["TOPICBOT_DATABASE_URL"]
    for service in (migrate, bot):
        assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])


def test_image_compose_and_kubernetes_agree_where_the_data_and_the_port_are() -> None:
    image = image_environment()
    compose = one(DEPLOY / "compose.yaml")["services"]["topicbot"]
    pod = {entry["name"]: entry["value"] for entry in container()["env"]}
    for environment in (image, compose["environment"], pod):
        assert environment["TOPICBOT_OPERATIONS_PORT"] == PORT
        assert environment["TOPICBOT_OPERATIONS_HOST"] == "0.0.0.0"  # noqa: S104 - inside the container
        data = Path(environment["TOPICBOT_DATA_DIR"])
        assert data.parent == Path("/data"), "a folder inside the volume: the volume itself can't be swapped"
    assert [mount["mountPath"] for mount in container()["volumeMounts"]] == ["/data", "/tmp"]  # noqa: S108 - its own
    assert compose["volumes"] == ["data:/data"]
    assert compose["ports"] == [f"127.0.0.1:{PORT}:{PORT}"], "health and metrics are for this machine"
    assert (compose["read_only"], compose["cap_drop"]) == (True, ["ALL"])
    users = [rest for word, rest in instructions() if word == "USER"]
    context = one(ONE / "deployment.yaml")["spec"]["template"]["spec"]["securityContext"]
    assert users == [f"{context['runAsUser']}:{context['runAsGroup']}"]


def test_the_dockerfile_copies_what_is_there_and_leaves_out_env() -> None:
    words = [word for word, _ in instructions()]
    known = "ARG FROM WORKDIR RUN COPY ENV USER VOLUME EXPOSE HEALTHCHECK ENTRYPOINT CMD".split()
    assert set(words) == set(known)
    assert words.count("FROM") == 2
    kept = re.findall(r"^!(.+)$", (DEPLOY / "Dockerfile.dockerignore").read_text(), re.MULTILINE)
    for word, rest in instructions():
        if word == "COPY" and not rest.startswith("--from"):
            *sources, _ = rest.split()
            assert set(sources) <= set(kept)
            assert all((ROOT / source).exists() for source in sources)
    assert ".env" not in kept
    health = next(rest for word, rest in instructions() if word == "HEALTHCHECK")
    command = json.loads(health[health.index("CMD") + 3 :])
    compile(command[2], "healthcheck", "exec")
    assert f"127.0.0.1:{PORT}/healthz" in command[2]


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_systemd_units_parse_and_set_only_settings_that_exist(path: Path) -> None:
    unit = configparser.RawConfigParser(strict=False, delimiters=("=",), comment_prefixes=("#",))
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # names keep their case
    unit.read_string(path.read_text())
    assert unit["Unit"]["Description"]
    if "Service" in unit:
        service = unit["Service"]
        assert service["User"] == "topicbot"
        assert service["ExecStart"].startswith("/opt/topicbot/bin/topicbot ")
        set_here = dict(pair.split("=", 1) for pair in service["Environment"].split())
        assert {name for name in set_here if name.startswith("TOPICBOT_")} <= SETTINGS
        assert (service["NoNewPrivileges"], service["ProtectSystem"]) == ("yes", "strict")


def test_only_settings_that_exist_are_set() -> None:
    composed: set[str] = set()
    for name in ("compose.yaml", "compose.postgres.yaml"):
        composed |= set(one(DEPLOY / name)["services"]["topicbot"]["environment"])
    pods = {entry["name"] for folder in (ONE, SEVERAL) for found in containers(folder) for entry in found["env"]}
    secrets = {name for folder in (ONE, SEVERAL) for name in one(folder / "secret.example.yaml")["stringData"]}
    image = {name for name in image_environment() if name.startswith(("TOPICBOT_", "SLACK_"))}
    assert composed | pods | secrets | image <= SETTINGS


def test_the_image_has_the_driver_of_postgresql() -> None:
    assert any("'.[postgres]'" in rest for word, rest in instructions() if word == "RUN")


def test_the_readme_names_every_file() -> None:
    readme = (DEPLOY / "README.md").read_text()
    for path in DEPLOY.iterdir():
        assert f"({path.name})" in readme or path.name == "README.md", path


def test_the_documents_name_only_files_that_exist() -> None:
    for name in ("SECURITY.md", "CONTRIBUTING.md", "deploy/README.md"):
        text = re.sub(r"\s+", " ", (ROOT / name).read_text())
        for path in re.findall(r"`((?:bot|embeddings|tests|deploy|docs)/[\w/.]+)`", text):
            assert (ROOT / path).exists(), (name, path)
